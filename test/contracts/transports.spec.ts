import { describeTransport } from './transport.js';
import { eventStream } from './transports/event-stream.js';
import { socket } from './transports/socket.js';
import { waitingGet } from './transports/waiting-get.js';

describeTransport('Socket.IO over WebSocket', socket({ transports: ['websocket'] }));
describeTransport('Socket.IO over long-polling', socket({ transports: ['polling'] }));
describeTransport('server-sent events', eventStream);
describeTransport('a waiting GET', waitingGet);

import { describeTransports } from './transport.js';
import { eventStream } from './transports/event-stream.js';
import { socket } from './transports/socket.js';
import { waitingGet } from './transports/waiting-get.js';

describeTransports({
  'Socket.IO over WebSocket': socket({ transports: ['websocket'] }),
  'Socket.IO over long-polling': socket({ transports: ['polling'] }),
  'server-sent events': eventStream,
  'a waiting GET': waitingGet,
});

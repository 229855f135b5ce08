import { HttpTransportType } from '@microsoft/signalr';
import { describeTransport } from './transport.js';
import { hubFollow, hubJoin } from './transports/signalr.js';

describeTransport('SignalR over WebSocket', hubJoin(HttpTransportType.WebSockets));
describeTransport('SignalR over server-sent events', hubJoin(HttpTransportType.ServerSentEvents));
describeTransport('SignalR over long polling', hubJoin(HttpTransportType.LongPolling));
describeTransport('a stream of SignalR', hubFollow(HttpTransportType.WebSockets));

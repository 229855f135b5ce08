import { HttpTransportType } from '@microsoft/signalr';
import { describeTransports } from './transport.js';
import { hubFollow, hubJoin } from './transports/signalr.js';

describeTransports({
  'SignalR over WebSocket': hubJoin(HttpTransportType.WebSockets),
  'SignalR over server-sent events': hubJoin(HttpTransportType.ServerSentEvents),
  'SignalR over long polling': hubJoin(HttpTransportType.LongPolling),
  'a stream of SignalR': hubFollow(HttpTransportType.WebSockets),
});

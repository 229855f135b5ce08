// A Socket.IO server that does nothing but tell a room: one namespace, one event, no history.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import '../heap-probe.mjs';

const server = createServer();
const io = new Server(server, { transports: ['websocket'] });
io.of('/operations').on('connection', (socket) =>
  socket.on('join', ({ operationId }, acknowledge) => {
    void socket.join(operationId);
    acknowledge({ ok: true });
  }),
);
// Tells the event of the body to its operation's room.
server.on('request', (request, response) => {
  if (request.method !== 'POST') return;
  let body = '';
  request.setEncoding('utf8').on('data', (text) => (body += text));
  request.on('end', () => {
    const event = JSON.parse(body);
    io.of('/operations').to(event.operationId).emit('operation', event);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ url: `http://127.0.0.1:${port}` });
});

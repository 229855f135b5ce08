// The bare front of the floors that do the same work: node:http and Socket.IO, 202 and push, long poll and Prefer:
// wait, for the clients in ../transports.mjs.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listen } from './listen.mjs';

/**
 * @typedef {{ id: string, kind: string, status: string, version: number, done: boolean, result?: unknown }} View
 * @typedef {{ accept: (kind: string, input: any) => Promise<View>, run: (accepted: View, input: any, publish: (view:
 *   View) => void) => Promise<View>, find: (id: string) => Promise<View> }} Work
 *   `accept` stores it, `run` runs it to its end and publishes each stored step.
 */

/** @param {Work} work */
export function serve(work) {
  /** Operations under way, with their ending. @type {Map<string, { view: View, ended: Promise<View> }>} */
  const underWay = new Map();

  /** @param {View} accepted @param {any} input */
  function begin(accepted, input) {
    const { id } = accepted;
    const publish = (/** @type {View} */ view) => {
      const entry = underWay.get(id);
      if (entry) entry.view = view;
      rooms.to(id).emit('operation', { operationId: id, version: view.version, operation: view });
    };
    const ended = work.run(accepted, input, publish).finally(() => underWay.delete(id));
    ended.catch((error) => console.error(`A floor has lost operation ${id}: ${error.message}`));
    underWay.set(id, { view: accepted, ended });
    return ended;
  }

  /** @param {import('node:http').IncomingMessage} request @param {string} body @returns {Promise<[number, View]>} */
  async function answer({ method, url = '', headers: { prefer } }, body) {
    if (method === 'POST') {
      const { kind, input } = JSON.parse(body);
      const accepted = await work.accept(kind, input);
      const ended = begin(accepted, input);
      return prefer ? [200, await ended] : [202, accepted];
    }
    const id = url.slice(url.lastIndexOf('/') + 1);
    const entry = underWay.get(id);
    return [200, entry ? await (prefer ? entry.ended : entry.view) : await work.find(id)];
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      answer(request, body).then(
        ([status, view]) => {
          const text = JSON.stringify(view);
          response
            .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
            .end(text);
        },
        (error) => response.writeHead(500).end(String(error)),
      );
    });
  });
  const rooms = new Server(server, { transports: ['websocket'], serveClient: false }).of('/operations');
  rooms.on('connection', (socket) => {
    socket.on('join', async ({ operationId }, acknowledge) => {
      await socket.join(operationId);
      const operation = underWay.get(operationId)?.view ?? (await work.find(operationId));
      acknowledge({ ok: true, operation });
      if (operation.done) await socket.leave(operationId);
    });
  });
  listen(server);
}

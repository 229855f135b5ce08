// Thousands of Socket.IO clients in one process, as fan-out.mjs commands them.
import { io } from 'socket.io-client';

const AT_ONCE = 100;

/** @type {import('socket.io-client').Socket[]} */
let sockets = [];

/** @param {(at: number) => Promise<unknown>} act @param {number} times */
async function inPortions(act, times) {
  for (let first = 0; first < times; first += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, times - first) }, (_, at) => act(first + at)));
}

/** @type {Record<string, (command: any) => Promise<object>>} */
const commands = {
  connect: async ({ connect, clients }) => {
    const began = performance.now();
    await inPortions(
      () =>
        new Promise((resolve, reject) => {
          const options = { transports: ['websocket'], forceNew: true, reconnection: false };
          const socket = io(`${connect}/operations`, options);
          sockets.push(socket);
          socket.once('connect', () => resolve(undefined)).once('connect_error', reject);
        }),
      clients,
    );
    return { ms: performance.now() - began };
  },
  join: async ({ join }) => {
    await inPortions(async (at) => {
      const answer = await sockets[at]?.emitWithAck('join', { operationId: join });
      if (!answer.ok) throw new Error(`A join was refused: ${JSON.stringify(answer)}`);
    }, sockets.length);
    return {};
  },
  await: async ({ await: operationId }) => {
    const began = performance.now();
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
            const receive = (/** @type {{ operationId: string }} */ event) => {
              if (event.operationId !== operationId) return;
              socket.off('operation', receive);
              resolve();
            };
            socket.on('operation', receive);
          }),
      ),
    );
    return { ms: performance.now() - began };
  },
  disconnect: async () => {
    for (const socket of sockets) socket.disconnect();
    sockets = [];
    return {};
  },
};

process.on('message', (/** @type {Record<string, unknown>} */ command) => {
  const [name = ''] = Object.keys(command);
  commands[name]?.(command)
    .catch((error) => ({ error: String(error) }))
    .then((answer) => process.send?.(answer));
});

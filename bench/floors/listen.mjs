/** Listens on any port, sends it to the bench, and ends with the bench. @param {import('node:http').Server} server */
export function listen(server) {
  // Node's 5 s would close a connection just as a client uses it again after a pause.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ url: `http://127.0.0.1:${port}` });
  });
  process.on('disconnect', () => process.exit());
}

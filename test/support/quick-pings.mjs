// Preloaded into a service: it asks each socket of Socket.IO every 6 s, and not every 25 s, whether it is there.
import { createRequire } from 'node:module';

const { Server } = createRequire(import.meta.resolve('socket.io'))('engine.io');
const { init } = Server.prototype;

Server.prototype.init = function () {
  this.opts.pingInterval = 6000;
  return init.call(this);
};

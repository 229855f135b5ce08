import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { SocketLimits } from '../socket-limits.js';
import { HubConnections } from './hub-connections.js';
import { HubController } from './hub.controller.js';
import { HubUpgrades } from './hub-upgrades.js';

/** One count of all sockets: the adapter of Socket.IO has it from here. */
const socketLimits = {
  provide: SocketLimits,
  inject: [CONFIG.limits],
  useFactory: ({ sockets }: Config['limits']) => new SocketLimits(sockets),
};

@Module({ controllers: [HubController], providers: [HubConnections, HubUpgrades, socketLimits] })
export class SignalrModule {}

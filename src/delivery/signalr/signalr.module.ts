import { Module } from '@nestjs/common';
import { HubConnections } from './hub-connections.js';
import { HubController } from './hub.controller.js';
import { HubUpgrades } from './hub-upgrades.js';

@Module({ controllers: [HubController], providers: [HubConnections, HubUpgrades] })
export class SignalrModule {}

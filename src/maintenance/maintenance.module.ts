import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ClusterLock } from './cluster-lock.js';
import { MaintenanceRunner } from './maintenance-runner.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [ClusterLock, MaintenanceRunner],
  exports: [MaintenanceRunner],
})
export class MaintenanceModule {}

import { type DynamicModule, Module } from '@nestjs/common';
import { CONFIG, type RunningConfig } from './config.js';

@Module({})
export class ConfigModule {
  static for(config: RunningConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}

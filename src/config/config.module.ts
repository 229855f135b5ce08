import { type DynamicModule, Module } from '@nestjs/common';
import { CONFIG, type RunningConfig } from './config.js';

/** Provides each section of the config under its own token. */
@Module({})
export class ConfigModule {
  static for(config: RunningConfig): DynamicModule {
    const sections = Object.keys(CONFIG) as (keyof typeof CONFIG)[];
    return {
      module: ConfigModule,
      global: true,
      providers: sections.map((section) => ({ provide: CONFIG[section], useValue: config[section] })),
      exports: Object.values(CONFIG),
    };
  }
}

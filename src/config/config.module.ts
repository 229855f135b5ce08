import { type DynamicModule, Module } from '@nestjs/common';
import { CONFIG, type RunningConfig } from './config.js';

/** Every section of the config, under a token of its own. */
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

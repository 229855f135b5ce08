import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { dataSourceOptions, type Entities } from './data-source.js';
import { Database } from './database.js';

@Global()
@Module({ providers: [Database], exports: [Database] })
export class DatabaseModule {
  static with(entities: Entities): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [CONFIG.database],
          useFactory: ({ url, timeoutMs }: RunningConfig['database']) => dataSourceOptions(url, entities, timeoutMs),
        }),
      ],
    };
  }
}

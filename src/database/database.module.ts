import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { dataSourceOptions, type Entities } from './data-source.js';
import { Database } from './database.js';
import { READS, TenantReads } from './tenant-reads.js';

/** For reads of clients; what runs operations has connections of its own. */
const MOST_READS = 10;

@Global()
@Module({ providers: [Database, TenantReads], exports: [Database, TenantReads] })
export class DatabaseModule {
  static with(entities: Entities): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [CONFIG.database],
          useFactory: ({ url, timeoutMs }: RunningConfig['database']) => dataSourceOptions(url, entities, timeoutMs),
        }),
        TypeOrmModule.forRootAsync({
          name: READS,
          inject: [CONFIG.database],
          useFactory: ({ queryUrl, timeoutMs }: RunningConfig['database']) =>
            dataSourceOptions(queryUrl, entities, timeoutMs, MOST_READS),
        }),
      ],
    };
  }
}

import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { dataSourceOptions } from '../data-source/data-source-options.js';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { Database } from './database.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ DATABASE_URL, DATABASE_TIMEOUT_MS }: RunningConfig) =>
        dataSourceOptions(DATABASE_URL, DATABASE_TIMEOUT_MS),
    }),
  ],
  providers: [Database],
  exports: [Database],
})
export class DatabaseModule {}

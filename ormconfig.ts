import { DataSource } from 'typeorm';
import { dataSourceOptions } from './src/database/data-source.js';
import { ENTITIES } from './src/entities.js';

/** For TypeORM's command line; the service itself never imports it, since it is made of whatever DATABASE_URL says. */
export default new DataSource(dataSourceOptions(process.env.DATABASE_URL ?? 'postgres://127.0.0.1/outcome', ENTITIES));

import { Global, Module } from '@nestjs/common';
import { SealedColumns } from './sealed-columns.js';
import { SealedSecrets } from './sealed-secrets.js';

@Global()
@Module({ providers: [SealedSecrets, SealedColumns], exports: [SealedSecrets, SealedColumns] })
export class SecretsModule {}

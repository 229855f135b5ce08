import { Module } from '@nestjs/common';
import { PaymentCharge } from './charge.kind.js';
import { PaymentProvider } from './payment-provider.js';
import { SandboxLedger } from './sandbox/sandbox-ledger.js';
import { SandboxProvider } from './sandbox/sandbox.provider.js';

@Module({ providers: [PaymentCharge, SandboxLedger, { provide: PaymentProvider, useClass: SandboxProvider }] })
export class PaymentsModule {}

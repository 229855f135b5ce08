import { Module } from '@nestjs/common';
import { DemoCountdown } from './countdown.kind.js';

@Module({ providers: [DemoCountdown] })
export class DemoModule {}

import { Module } from '@nestjs/common';
import { PaymentsModule } from '../payments/payments.module.js';
import { ArticleController } from './article.controller.js';

@Module({ imports: [PaymentsModule], controllers: [ArticleController] })
export class ArticleModule {}

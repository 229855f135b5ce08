import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Hearing, OperationNews } from '../kinds/operation-news.js';
import { HearNews } from './hear-news.command.js';

@Injectable()
export class NewsOfOperations extends OperationNews {
  constructor(private readonly commands: CommandBus) {
    super();
  }

  override hear(operationId: string): Promise<Hearing> {
    return this.commands.execute(new HearNews(operationId));
  }
}

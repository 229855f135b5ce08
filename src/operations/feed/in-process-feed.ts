import { Injectable } from '@nestjs/common';
import { type ChangeNotice, OperationFeed } from './operation-feed.js';

/** The feed of a single process. */
@Injectable()
export class InProcessFeed extends OperationFeed {
  override publish(notice: ChangeNotice): void {
    this.deliver(notice);
  }
}

import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';

/** Tells the dispatcher of this process at once that there is work; one of another process looks every second. */
@Injectable()
export class WebhookWork {
  readonly added = new Subject<void>();
}

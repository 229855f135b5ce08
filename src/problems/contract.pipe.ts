import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { InvalidParameter } from '../errors/invalid-input.js';
import { validated } from '../validation/validated.js';

/** Validates a path or query parameter by its declared schema. @throws InvalidParameter */
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { schema, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    return validated(schema, value, { error: InvalidParameter, at: data ? [data] : [] });
  }
}

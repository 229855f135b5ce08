import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { InvalidParameter } from '../errors/invalid-input.js';
import { validated } from '../validation/validated.js';

interface CheckedParameter {
  schema: z.ZodType;
  pipes: PipeTransform[];
}

/**
 * A path or query parameter that its schema validates and documents: `@Query(checkedBy(listQuery))`. It throws
 * InvalidParameter. A global pipe would cost each request promises for every parameter that has no schema.
 */
export const checkedBy = (schema: z.ZodType): CheckedParameter => ({
  schema,
  pipes: [
    {
      transform: (value: unknown, { data }: ArgumentMetadata): unknown =>
        validated(schema, value, { error: InvalidParameter, at: data ? [data] : [] }),
    },
  ],
});

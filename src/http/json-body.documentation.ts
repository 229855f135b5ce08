import { ApiBody } from '@nestjs/swagger';
import type { ProblemCode } from '../problems/catalogue.js';

/** Problems of each call that takes JSON. */
export const BODY_PROBLEMS = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_body',
  'card_number_refused',
] as const satisfies ProblemCode[];

/** @param id of the body's schema */
export const ApiJsonBody = (id: string, examples: Record<string, { summary: string; value: unknown }>) =>
  ApiBody({ schema: { $ref: `#/components/schemas/${id}` }, examples });

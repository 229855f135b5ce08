import stringify from 'safe-stable-stringify';
import type { z } from 'zod';
import type { Caller } from '../../access/caller.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { validated } from '../../validation/validated.js';
import { startBody } from '../contract/operation.contract.js';

type StartBody = z.output<typeof startBody>;

/** The start that a token holds. A body beside it may only repeat it. @throws InvalidInput */
export function startOfToken({ body }: NonNullable<Caller['onlyStart']>, given: StartBody | undefined): StartBody {
  const held = validated(startBody, body);
  const differing = Object.keys(startBody.shape).filter((name) => {
    const field = name as keyof StartBody;
    return given && stringify(given[field]) !== stringify(held[field]);
  });
  if (differing.length === 0) return held;
  const message =
    'expected the same as in the start token, or no body: what the token starts was decided when it was made';
  throw InvalidInput.because(differing.map((path) => ({ path, message })));
}

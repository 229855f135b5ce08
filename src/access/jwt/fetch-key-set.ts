import type { JSONWebKeySet } from 'jose';
import { SECONDS } from '../../time/durations.js';

const WITHIN = 5 * SECONDS;
const LARGEST = 64 * 1024;

/** Follows no redirect, and reads no more than 64 KiB. @throws the reason why there is no key set at the address */
export async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(WITHIN),
    headers: { Accept: 'application/jwk-set+json, application/json' },
  });
  const { status, body } = response;
  if (status !== 200 || !body) {
    await body?.cancel();
    throw new Error(`Expected a key set with status 200, found status ${status}. Redirects are not followed.`);
  }
  return JSON.parse(await textOf(body)) as JSONWebKeySet;
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > LARGEST) throw new Error(`Expected a key set of at most ${LARGEST} bytes, found a larger one.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

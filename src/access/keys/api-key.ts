import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE_36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE_62 = `${BASE_36}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

export const KEY_MODES = ['live', 'test'] as const;
/** Tells people and secret scanners what a key is for. The service treats both alike. */
export type KeyMode = (typeof KEY_MODES)[number];

const FORM = /^(oc_(?:live|test)_([0-9a-z]{12})_[0-9A-Za-z]{32})_([0-9A-Za-z]{6})$/;

export const ID_FORM = /^[0-9a-z]{12}$/;

/** An API key as its holder has it. It is never stored, and never in a log. */
export interface ApiKey {
  /** Public: in the audit trail and in lists. */
  id: string;
  text: string;
}

/** `oc_live_<id>_<secret>_<checksum>`, with 190 random bits in its secret. */
export function mintApiKey(mode: KeyMode): ApiKey {
  const id = randomText(12, BASE_36);
  const unchecked = `oc_${mode}_${id}_${randomText(32, BASE_62)}`;
  return { id, text: `${unchecked}_${checksumOf(unchecked)}` };
}

/** Undefined for what is mistyped or made up, which needs no look into the database. */
export function readApiKey(text: string): ApiKey | undefined {
  const [, unchecked = '', id = '', checksum] = FORM.exec(text) ?? [];
  return id && checksumOf(unchecked) === checksum ? { id, text } : undefined;
}

/** A fast hash suffices: nobody can try out 190 random bits. */
export const hashOf = ({ text }: ApiKey): Buffer => hash('sha256', text, 'buffer');

/** `randomInt` has no modulo bias. */
const randomText = (length: number, alphabet: string) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** The CRC-32 in base 62. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < 6; place += 1) {
    digits = `${BASE_62[rest % 62]}${digits}`;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

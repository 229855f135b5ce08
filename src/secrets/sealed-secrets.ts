import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { OperatorError } from '../errors/operator-error.js';

const ALGORITHM = 'aes-256-gcm';
/** What GCM is made for (NIST SP 800-38D, 5.2.1.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `sealed.1.key.bytes`, where the bytes are nonce, text and tag. */
const SEALED = /^sealed\.1\.([\w-]+)\.([\w-]+)$/;

/** Where a secret is stored. A secret that is moved to another row or column cannot be opened there. */
export interface Place {
  table: string;
  column: string;
  tenant: string;
  id: string;
}

/** A stored secret cannot be read. The message has no part of it. */
export class SecretUnreadable extends OperatorError {
  static of({ table, column, id }: Place, why: string): SecretUnreadable {
    return new SecretUnreadable(`The secret ${table}.${column} of ${id} cannot be read: ${why}.`);
  }
}

/**
 * Encrypts what the service must store and read again, with AES-256-GCM under the first of CREDENTIAL_KEYS; each of
 * them decrypts. What was stored without a key is returned as it is.
 */
@Injectable()
export class SealedSecrets {
  private readonly keys: Config['secrets']['keys'];

  constructor(@Inject(CONFIG.secrets) { keys }: Config['secrets']) {
    this.keys = keys;
  }

  get canSeal(): boolean {
    return this.keys.length > 0;
  }

  /** Without a key, the text itself. */
  seal(text: string, place: Place): string {
    const [key] = this.keys;
    if (!key) return text;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key.secret, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(boundTo(place));
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `sealed.1.${key.id}.${bytes.toString('base64url')}`;
  }

  /** @throws SecretUnreadable */
  open(stored: string, place: Place): string {
    const [, keyId, text = ''] = SEALED.exec(stored) ?? [];
    if (keyId === undefined) return stored;
    const key = this.keys.find(({ id }) => id === keyId);
    if (!key) throw SecretUnreadable.of(place, `CREDENTIAL_KEYS has no key "${keyId}"`);
    const bytes = Buffer.from(text, 'base64url');
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key.secret, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(place));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw SecretUnreadable.of(place, `it is not what the key "${keyId}" has encrypted for this row and column`);
    }
  }

  /** True if `seal` would not use another key. */
  isNewest(stored: string): boolean {
    return SEALED.exec(stored)?.[1] === this.keys[0]?.id;
  }

  /** Which of these keys, by their names, are missing. */
  missingAmong(keyIds: readonly string[]): string[] {
    return keyIds.filter((keyId) => !this.keys.some(({ id }) => id === keyId));
  }
}

const boundTo = ({ table, column, tenant, id }: Place) => Buffer.from(JSON.stringify([table, column, tenant, id]));

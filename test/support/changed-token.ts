import { SignJWT } from 'jose';

/** That of TOKEN_KEYS in service.ts. */
const KEY = Buffer.alloc(32, 1);

/** A token of the service with other claims or another header, signed with its key. */
export function changedToken(
  token = '',
  { header = {}, claims = {} }: { header?: object; claims?: object } = {},
): Promise<string> {
  const [head, body] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return new SignJWT({ ...(JSON.parse(body ?? '') as object), ...claims })
    .setProtectedHeader({ ...(JSON.parse(head ?? '') as { alg: string }), ...header })
    .sign(KEY);
}

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** The shop's identity provider, on a free port of loopback: it signs with its newest key and publishes all. */
export class IdentityProvider {
  readonly issuer = 'https://login.shop.example/';
  readonly keys: SigningKey[] = [];
  /** How it answers from now on. */
  answer = (response: ServerResponse): void => void response.writeHead(200).end(this.keySet());
  asked = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (_, response) => {
      this.asked += 1;
      this.answer(response);
    });
  }

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    const provider = new IdentityProvider(server);
    await provider.rotate();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return provider;
  }

  /** Of the service, to accept this provider's tokens. */
  get settings() {
    return {
      AUTH_MODE: 'jwt',
      JWT_ISSUER: this.issuer,
      JWT_AUDIENCE: 'outcome',
      JWT_JWKS_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/keys`,
    };
  }

  keySet(): string {
    return JSON.stringify({ keys: this.keys.map(({ publicJwk }) => publicJwk) });
  }

  /** Signs with a new key from now on. */
  async rotate(): Promise<void> {
    const kid = `key-${this.keys.length + 1}`;
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    this.keys.push({ kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } });
  }

  /** A token for five minutes. A claim that is undefined is left out. */
  token(claims: JWTPayload = {}, header: { kid?: string; typ?: string } = {}): Promise<string> {
    const key = this.keys.at(-1);
    if (!key) throw new Error('Expected a key, found none.');
    const now = Math.floor(Date.now() / 1000);
    const own = { iss: this.issuer, aud: 'outcome', sub: 'anna', scope: 'operations:start operations:read' };
    return new SignJWT({ ...own, iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

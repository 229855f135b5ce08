import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StripeDouble } from './stripe-double/stripe-double.js';

/** One address of Stripe's API for several accounts: each request goes to the double whose secret key it carries. */
export class StripeAccounts {
  private constructor(private readonly server: Server) {}

  static async of(doubles: readonly StripeDouble[]): Promise<StripeAccounts> {
    const server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const double = doubles.find(({ secretKey }) => headers.authorization === `Bearer ${secretKey}`) ?? doubles[0];
      const passed = request(`${double?.url}${url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StripeAccounts(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

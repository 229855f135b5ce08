import { createClient } from '@outcome/client';
import { jest } from '@jest/globals';
import { FaultyNetwork } from '../support/faulty-network.js';
import { type DataFolder, dataFolder, ServiceProcess } from '../support/service-process.js';
import { HOURS } from '../../src/time/durations.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_sandbox_slow' } as const;

describe('a client whose service is killed and started again in the middle', () => {
  let data: DataFolder;
  beforeAll(async () => (data = await dataFolder('outcome-client-')));
  afterAll(() => data.remove());

  test('receives each version up to the ending, by each transport, even while its clock is set', async () => {
    let service = ServiceProcess.spawn({ DATA_DIR: data.path });
    const network = await FaultyNetwork.before(await service.ready());
    const now = Date.now.bind(Date);
    let jumps = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + ((jumps += 1) % 2 === 0 ? 5 : -5) * HOURS);
    const clients = (['socket', 'sse', 'wait', 'poll'] as const).map((transport) =>
      createClient({ url: network.url, transports: [transport] }),
    );
    try {
      const following = clients.map(async (client, index) => {
        const { id } = await client.start('payment.charge', { ...CHARGE, orderId: `restart-${index}` });
        const versions: number[] = [];
        let status = '';
        for await (const operation of client.watch(id)) {
          versions.push(operation.version);
          status = operation.status;
        }
        return { versions, status };
      });
      while (network.count('/events') + network.count('UPGRADE') < 2)
        await new Promise((resolve) => setTimeout(resolve, 50));
      await service.kill('SIGKILL');
      const meanwhile = clients[0]!.start('payment.charge', { ...CHARGE, orderId: 'while it was away' });
      service = ServiceProcess.spawn({ DATA_DIR: data.path });
      network.leadTo(await service.ready());

      for (const { versions, status } of await Promise.all(following)) {
        expect(status).toBe('success');
        expect(versions).toEqual(versions.map((_, index) => index + 1));
      }
      expect((await meanwhile).version).toBeGreaterThan(0);
    } finally {
      clock.mockRestore();
      for (const client of clients) client.close();
      await network.close();
      await service.kill('SIGTERM');
    }
  });
});

import { jest } from '@jest/globals';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { type DataFolder, dataFolder, ServiceProcess } from '../support/service-process.js';
import { eventually } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

// Making a cluster is slow on a busy machine.
jest.setTimeout(180 * SECONDS);

describe('the embedded PostgreSQL, killed with SIGKILL while the service runs', () => {
  let folder: DataFolder;
  beforeEach(async () => void (folder = await dataFolder()));
  afterEach(() => folder.remove());

  const pgdata = () => join(folder.path, 'postgres', 'pgdata');
  const postmaster = async () => Number((await readFile(join(pgdata(), 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const restarts = ({ said }: ServiceProcess) => [...said.matchAll(/had died, and was started again/g)].length;
  const charge = (url: string) =>
    eventually(async () => {
      const response = await fetch(`${url}/api/operations`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'wait=5' },
        body: JSON.stringify({
          kind: 'payment.charge',
          input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
        }),
      });
      return response.status < 300 && ((await response.json()) as OperationView);
    }, 60 * SECONDS);

  test('is restarted each time, and operations then run to their end', async () => {
    const service = ServiceProcess.spawn({ DATA_DIR: folder.path });
    const url = await service.ready();
    for (let kills = 1; kills <= 2; kills += 1) {
      process.kill(await postmaster(), 'SIGKILL');
      // The service is ready on the new server a little before its supervisor has connected to it.
      await eventually(async () => restarts(service) === kills, 60 * SECONDS);
      const { id } = await charge(url);
      const ended = await eventually(async () => {
        const operation = (await (await fetch(`${url}/api/operations/${id}`)).json()) as OperationView;
        return operation.done && operation;
      }, 60 * SECONDS);
      expect(ended.status).toBe('success');
    }
    expect((await service.kill('SIGTERM')).code).toBe(0);
  });

  test('ends the process with one sentence if it cannot be restarted', async () => {
    const service = ServiceProcess.spawn({ DATA_DIR: folder.path });
    await service.ready();
    const killed = await postmaster();
    // PostgreSQL finds no control file, and says so.
    await rename(join(pgdata(), 'global'), join(pgdata(), 'global.away'));
    process.kill(killed, 'SIGKILL');
    const { code, output } = await service.ended;
    await rename(join(pgdata(), 'global.away'), join(pgdata(), 'global'));
    expect(code).toBe(1);
    expect(output).toMatch(/Outcome cannot go on\. PostgreSQL did not start in .*Its log is /);
  });
});

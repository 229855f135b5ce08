import { jest } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientAddresses } from '../../access/limits/client-addresses.js';
import type { Access } from '../../access/access.js';
import type { OperationFollowers } from '../../operations/feed/operation-follower.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { SECONDS } from '../../time/durations.js';
import { SocketLimits } from '../socket-limits.js';
import { HubConnections } from './hub-connections.js';

describe('those who negotiate', () => {
  const connections = () =>
    new HubConnections(
      {} as OperationFollowers,
      {} as Access,
      { of: () => '127.0.0.1' } as unknown as ClientAddresses,
      new SocketLimits(0),
      new RefusedRequests(),
    );
  const isKnown = (hub: HubConnections, token: string) => {
    const reply = {
      raw: {},
      getHeaders: () => ({}),
      hijack: () => {
        throw new Error('known');
      },
    };
    try {
      hub.openStream(token, {} as FastifyRequest, reply as unknown as FastifyReply);
    } catch (error) {
      return (error as Error).message === 'known';
    }
    return true;
  };

  test('get 128 random bits that only they know, and an id that says nothing about them', () => {
    const hub = connections();
    const given = Array.from({ length: 100 }, () => hub.negotiate());
    const secrets = given.flatMap(({ connectionId, connectionToken }) => [connectionId, connectionToken]);

    expect(new Set(secrets).size).toBe(200);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(16);
  });

  test('are dropped if 10,000 later ones have not connected either', () => {
    const hub = connections();
    const [first = '', second = ''] = Array.from({ length: 10_001 }, () => hub.negotiate().connectionToken);

    expect([isKnown(hub, first), isKnown(hub, second)]).toEqual([false, true]);
  });

  test('are dropped after 15 s', () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const hub = connections();
    const [one, other] = [hub.negotiate().connectionToken, hub.negotiate().connectionToken];
    const passed = (ms: number) => {
      clock.mockReturnValue(1000 + ms);
      // The cache reads its clock once in a millisecond.
      jest.advanceTimersByTime(2);
    };
    passed(15 * SECONDS);
    const before = isKnown(hub, one);
    passed(15 * SECONDS + 1);
    const after = isKnown(hub, other);
    jest.restoreAllMocks();
    jest.useRealTimers();

    expect([before, after]).toEqual([true, false]);
  });

  test('connect once', () => {
    const hub = connections();
    const { connectionToken } = hub.negotiate();

    expect([isKnown(hub, connectionToken), isKnown(hub, connectionToken)]).toEqual([true, false]);
  });
});

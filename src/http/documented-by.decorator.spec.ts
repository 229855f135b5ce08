import { jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describeControllers, DocumentedBy, type Documentation } from './documented-by.decorator.js';

test('a documentation that could not be loaded is loaded again, and once', async () => {
  const controller = jest.fn<() => void>();
  const load = jest
    .fn<() => Promise<Documentation<Told>>>()
    .mockRejectedValueOnce(new Error('away'))
    .mockResolvedValue({ controller, calls: { tell: () => undefined } });

  @DocumentedBy(load)
  @Controller('told')
  class Told {
    @Get()
    tell(): string {
      return 'told';
    }
  }
  const module = await Test.createTestingModule({ imports: [DiscoveryModule], controllers: [Told] }).compile();
  const discovery = module.get(DiscoveryService, { strict: false });

  await expect(describeControllers(discovery)).rejects.toThrow('away');
  expect(await describeControllers(discovery)).toEqual([]);
  expect(await describeControllers(discovery)).toEqual([]);
  expect(controller).toHaveBeenCalledTimes(1);
  expect(load).toHaveBeenCalledTimes(2);
});

import { findBrowser } from './test/support/find-program.js';

/** The specs that drive services; that of the clocks sets the Date of the service, which it must share. */
const OF_SERVICES = '<rootDir>/test/(?:browser|client|contracts|faults|hostile|journeys)/(?!clocks\\.spec)';
/** Packages whose classes and objects pass between a service and its tests. */
const SHARED = '(?:@nestjs|bullmq|pg|pino|rxjs|stripe|typeorm|uuid|zod)/';
// Where there is no browser, test/support/global-setup.js says so.
const LEFT_OUT = ['/node_modules/', ...(findBrowser() ? [] : ['<rootDir>/test/browser/'])];

/** @type {import('jest').Config} */
const specs = {
  roots: ['<rootDir>/src', '<rootDir>/client/src', '<rootDir>/bench', '<rootDir>/test'],
  testMatch: ['**/*.spec.{ts,mjs}'],
  testPathIgnorePatterns: [...LEFT_OUT, OF_SERVICES],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': '@swc/jest' },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  setupFiles: ['reflect-metadata'],
};

/**
 * Jest loads each module anew for each file, which takes 3 s of a processor for those of a service. These specs get the
 * build in place of `src`, and Node loads it, once for all files of a worker.
 * @type {import('jest').Config}
 */
const specsOfServices = {
  ...specs,
  testPathIgnorePatterns: [...LEFT_OUT, `^(?!${OF_SERVICES})`],
  testEnvironment: '<rootDir>/test/support/loaded-by-node.environment.js',
  moduleNameMapper: { '^(?:\\.\\./)+src/(.*\\.js)$': '<rootDir>/dist/src/$1', ...specs.moduleNameMapper },
  transform: {
    '/(?:dist/src|node_modules)/.+js$': '<rootDir>/test/support/loaded-by-node.transform.js',
    ...specs.transform,
  },
  transformIgnorePatterns: [`/node_modules/(?!${SHARED})`],
  setupFiles: [],
};

/** @type {import('jest').Config} */
export default {
  projects: [specs, specsOfServices],
  testTimeout: 120_000,
  maxWorkers: '100%',
  // Jest never frees the modules of a file that has run: at 3 GB a worker stops for seconds to collect its garbage.
  workerIdleMemoryLimit: '1GB',
};

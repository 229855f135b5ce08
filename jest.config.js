import { findBrowser } from './test/support/find-browser.js';

/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/src', '<rootDir>/client/src', '<rootDir>/bench', '<rootDir>/test'],
  testMatch: ['**/*.spec.{ts,mjs}'],
  // Where there is no browser, test/support/global-setup.js says so.
  testPathIgnorePatterns: ['/node_modules/', ...(findBrowser() ? [] : ['<rootDir>/test/browser/'])],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': '@swc/jest' },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  testTimeout: 120_000,
  maxWorkers: '100%',
  // Jest never frees the modules of a file that has run: at 3 GB a worker stops for seconds to collect its garbage.
  workerIdleMemoryLimit: '1GB',
  setupFiles: ['reflect-metadata'],
};

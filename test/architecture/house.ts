/** A miniature source tree that keeps every rule, and a violation of each; read by imports.spec.ts. */

const importing = (...paths: string[]) => [...paths.map((path) => `import '${path}';`), 'export {};', ''].join('\n');

const aPackage = (name: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'module.exports = {};\n',
});

/** The files, with every import that the design allows. */
export const HOUSE: Record<string, string> = {
  'package.json': JSON.stringify({
    name: 'house',
    type: 'module',
    dependencies: {
      declared: '1.0.0',
      bullmq: '1.0.0',
      fastify: '1.0.0',
      '@nestjs/platform-fastify': '1.0.0',
      react: '1.0.0',
      'socket.io-client': '1.0.0',
    },
    devDependencies: { 'for-development': '1.0.0' },
  }),
  ...aPackage('declared'),
  ...aPackage('bullmq'),
  ...aPackage('fastify'),
  ...aPackage('@nestjs/platform-fastify'),
  ...aPackage('react'),
  ...aPackage('socket.io-client'),
  ...aPackage('for-development'),
  ...aPackage('came-along'),
  'ormconfig.ts': importing('./src/database/data-source.js', './src/entities.js', 'declared'),
  'src/entities.ts': importing('./operations/persistence/operation.entity.js'),
  'src/database/data-source.ts': importing('declared'),
  'src/errors/domain-error.ts': importing(),
  'src/main.ts': importing('./server.js', './config/config.js'),
  'src/server.ts': importing('./app.module.js'),
  'src/app.module.ts': importing(
    './config/config.js',
    './operations/operations.module.js',
    './payments/payments.module.js',
    './delivery/delivery.module.js',
    './health/health.module.js',
  ),
  'src/config/config.ts': importing('declared', 'node:fs'),
  'src/problems/problem.ts': importing('../errors/domain-error.js'),
  'src/time/repeatedly.ts': importing(),
  'src/observability/log.ts': importing('../config/config.js', 'declared'),
  'src/access/access.ts': importing('../config/config.js', '../problems/problem.js'),
  'src/database/database.module.ts': importing('../config/config.js', './data-source.js'),
  'src/queue/queue.module.ts': importing('../config/config.js', '../database/database.module.js', 'bullmq'),
  'src/health/health.module.ts': importing('../database/database.module.js', '../queue/queue.module.js', 'fastify'),
  'src/operations/domain/operation-errors.ts': importing('../../errors/domain-error.js'),
  'src/operations/domain/operation.ts': importing('./operation-errors.js'),
  'src/operations/domain/operation.spec.ts': importing(
    './operation.js',
    'for-development',
    '../../../test/support/clock.js',
  ),
  'src/operations/commands/start-operation.command.ts': importing(
    '../domain/operation.js',
    '../kinds/kind.js',
    '../persistence/operation.repository.js',
  ),
  'src/operations/queries/get-operation.query.ts': importing(
    '../domain/operation.js',
    '../persistence/operation.reader.js',
  ),
  'src/operations/kinds/kind.ts': importing('../domain/operation.js', 'declared'),
  'src/operations/persistence/operation.entity.ts': importing('../domain/operation.js'),
  'src/operations/jobs/operation-queue.ts': importing('../../queue/queue.module.js'),
  'src/operations/persistence/operation.reader.ts': importing('./operation.entity.js'),
  'src/operations/persistence/operation.repository.ts': importing(
    './operation.reader.js',
    '../jobs/operation-queue.js',
    '../../database/database.module.js',
    '../../queue/queue.module.js',
  ),
  'src/operations/execution/execute-operation.command.ts': importing('../persistence/operation.repository.js'),
  'src/operations/execution/operations.processor.ts': importing(
    './execute-operation.command.js',
    '../../queue/queue.module.js',
  ),
  'src/operations/maintenance/deadlines.task.ts': importing('../commands/start-operation.command.js'),
  'src/operations/contract/operation.contract.ts': importing('../domain/operation.js', 'declared'),
  'src/operations/feed/feed.ts': importing('../contract/operation.contract.js', '../queries/get-operation.query.js'),
  'src/operations/http/operations.controller.ts': importing(
    '../commands/start-operation.command.js',
    '../queries/get-operation.query.js',
    '../../problems/problem.js',
    'fastify',
  ),
  'src/operations/operations.module.ts': importing(
    './http/operations.controller.js',
    './execution/operations.processor.js',
  ),
  'src/payments/payments.module.ts': importing(
    '../operations/contract/operation.contract.js',
    '../operations/kinds/kind.js',
    '../operations/domain/operation.js',
    '../config/config.js',
  ),
  'src/payments/ledger/payment-ledger.ts': importing(
    '../../database/database.module.js',
    '../../queue/queue.module.js',
  ),
  'src/payments/ledger/get-payment.query.ts': importing('./payment-ledger.js'),
  'src/payments/http/payments.controller.ts': importing(
    '../ledger/get-payment.query.js',
    '../../operations/http/operations.controller.js',
    '../../problems/problem.js',
    '@nestjs/platform-fastify',
  ),
  'src/delivery/delivery.module.ts': importing(
    '../operations/queries/get-operation.query.js',
    '../operations/domain/operation.js',
    '../config/config.js',
    '../problems/problem.js',
    '../access/access.js',
    '../clock/repeatedly.js',
    '../observability/log.js',
    '../operations/contract/operation.contract.js',
    '../operations/feed/feed.js',
    '@nestjs/platform-fastify',
  ),
  'test/support/clock.ts': importing('for-development'),
  'test/journeys/payment.spec.ts': importing('../../src/app.module.js', '../support/clock.js'),
  'client/src/client.ts': importing('socket.io-client'),
  'client/src/client.spec.ts': importing('./client.js', 'for-development'),
  'client/src/index.ts': importing('./client.js'),
  'client/src/react.ts': importing('./client.js', 'react'),
  'web/src/page.ts': importing('react'),
  'demo/demo.ts': importing('../client/src/client.js'),
  'bench/bench.ts': importing('../client/src/client.js'),
};

interface Violation {
  rule: string;
  folder: string;
  imports: string;
  name?: string;
  text?: string;
}

const VIOLATIONS: Violation[] = [
  { rule: 'domain-imports-no-package', folder: 'src/operations/domain', imports: 'declared' },
  { rule: 'domain-imports-no-package', folder: 'src/operations/domain', imports: 'node:crypto' },
  {
    rule: 'domain-imports-no-package',
    folder: 'src/operations/domain',
    imports: 'a type of a package',
    text: "import type { Some } from 'declared';\nexport type Planted = Some;\n",
  },
  { rule: 'domain-imports-no-other-folder', folder: 'src/operations/domain', imports: '../kinds/kind.js' },
  { rule: 'domain-imports-no-other-folder', folder: 'src/operations/domain', imports: '../../config/config.js' },
  {
    rule: 'domain-imports-no-other-folder',
    folder: 'src/operations/domain',
    name: 'planted.spec.ts',
    imports: '../persistence/operation.entity.js',
  },
  {
    rule: 'commands-and-queries-know-no-caller',
    folder: 'src/operations/commands',
    imports: '../http/operations.controller.js',
  },
  {
    rule: 'commands-and-queries-know-no-caller',
    folder: 'src/operations/queries',
    imports: '../execution/operations.processor.js',
  },
  {
    rule: 'queries-change-nothing',
    folder: 'src/operations/queries',
    imports: '../commands/start-operation.command.js',
  },
  {
    rule: 'queries-change-nothing',
    folder: 'src/operations/queries',
    imports: '../persistence/operation.repository.js',
  },
  {
    rule: 'kinds-know-the-domain-only',
    folder: 'src/operations/kinds',
    imports: '../persistence/operation.repository.js',
  },
  {
    rule: 'persistence-knows-no-caller',
    folder: 'src/operations/persistence',
    imports: '../queries/get-operation.query.js',
  },
  {
    rule: 'api-and-worker-are-strangers',
    folder: 'src/operations/http',
    imports: '../execution/operations.processor.js',
  },
  {
    rule: 'api-and-worker-are-strangers',
    folder: 'src/operations/execution',
    imports: '../http/operations.controller.js',
  },
  {
    rule: 'entrances-use-commands-and-queries',
    folder: 'src/operations/http',
    imports: '../persistence/operation.repository.js',
  },
  {
    rule: 'entrances-use-commands-and-queries',
    folder: 'src/compat',
    imports: '../operations/persistence/operation.entity.js',
  },
  {
    rule: 'entrances-use-commands-and-queries',
    folder: 'src/payments/http',
    imports: '../ledger/payment-ledger.js',
  },
  {
    rule: 'entrances-use-commands-and-queries',
    folder: 'src/payments/http',
    imports: '../../operations/persistence/operation.entity.js',
  },
  {
    rule: 'only-persistence-knows-the-database',
    folder: 'src/operations/commands',
    imports: '../../database/database.module.js',
  },
  {
    rule: 'only-persistence-and-execution-know-the-queue',
    folder: 'src/operations/http',
    imports: '../../queue/queue.module.js',
  },
  {
    rule: 'only-persistence-and-execution-know-the-queue',
    folder: 'src/operations/commands',
    imports: '../jobs/operation-queue.js',
  },
  { rule: 'operations-know-no-payments', folder: 'src/operations', imports: '../payments/payments.module.js' },
  { rule: 'operations-know-no-payments', folder: 'src/operations/kinds', imports: '../../payments/payments.module.js' },
  {
    rule: 'operations-know-no-delivery',
    folder: 'src/operations/commands',
    imports: '../../delivery/delivery.module.js',
  },
  {
    rule: 'payments-know-kinds-and-contract-only',
    folder: 'src/payments',
    imports: '../operations/commands/start-operation.command.js',
  },
  { rule: 'payments-know-kinds-and-contract-only', folder: 'src/demo', imports: '../operations/operations.module.js' },
  { rule: 'payments-know-no-http', folder: 'src/payments', imports: 'fastify' },
  { rule: 'payments-know-no-http', folder: 'src/payments/webhooks', imports: '../http/payments.controller.js' },
  { rule: 'payments-know-no-http', folder: 'src/payments/providers/sandbox', imports: '@nestjs/platform-fastify' },
  { rule: 'payments-know-no-delivery', folder: 'src/payments', imports: '../delivery/delivery.module.js' },
  {
    rule: 'delivery-knows-events-and-queries',
    folder: 'src/delivery',
    imports: '../operations/commands/start-operation.command.js',
  },
  {
    rule: 'delivery-knows-events-and-queries',
    folder: 'src/delivery/socket',
    imports: '../../payments/payments.module.js',
  },
  { rule: 'delivery-knows-events-and-queries', folder: 'src/delivery', imports: '../queue/queue.module.js' },
  {
    rule: 'foundations-know-no-feature',
    folder: 'src/queue',
    imports: '../operations/execution/operations.processor.js',
  },
  { rule: 'foundations-know-no-feature', folder: 'src/database', imports: '../payments/payments.module.js' },
  { rule: 'foundations-know-no-feature', folder: 'src/config', imports: '../delivery/delivery.module.js' },
  {
    rule: 'foundations-know-no-feature',
    folder: 'src/problems',
    imports: '../operations/http/operations.controller.js',
  },
  { rule: 'only-the-queue-knows-bullmq', folder: 'src/operations/execution', imports: 'bullmq' },
  { rule: 'only-the-start-knows-every-module', folder: 'src/delivery', imports: '../app.module.js' },
  { rule: 'only-the-start-knows-every-module', folder: 'src/health', imports: '../main.js' },
  { rule: 'outsiders-import-no-server-code', folder: 'client', imports: '../src/operations/domain/operation.js' },
  { rule: 'outsiders-import-no-server-code', folder: 'demo', imports: '../src/main.js' },
  { rule: 'outsiders-import-no-server-code', folder: 'bench', imports: '../src/app.module.js' },
  { rule: 'client-needs-nothing-but-a-socket', folder: 'client/src', imports: 'declared' },
  { rule: 'client-needs-nothing-but-a-socket', folder: 'client/src', imports: 'react' },
  { rule: 'client-needs-nothing-but-a-socket', folder: 'client/src', imports: './react.js' },
  { rule: 'client-needs-nothing-but-a-socket', folder: 'client/src', imports: 'node:fs' },
  { rule: 'hooks-need-react-and-the-client', folder: 'client/src', name: 'react.ts', imports: 'declared' },
  { rule: 'page-uses-the-client-alone', folder: 'web/src', imports: '../../src/config/config.js' },
  { rule: 'page-uses-the-client-alone', folder: 'web/src', imports: '../../client/src/client.js' },
  { rule: 'page-uses-the-client-alone', folder: 'web/src', imports: 'socket.io-client' },
  { rule: 'server-imports-no-test-or-tool', folder: 'src/config', imports: '../../test/support/clock.js' },
  { rule: 'server-imports-no-test-or-tool', folder: 'src/config', imports: '../../bench/bench.js' },
  { rule: 'server-imports-no-test-or-tool', folder: 'src/config', imports: '../../demo/demo.js' },
  { rule: 'server-imports-no-test-or-tool', folder: 'src/config', imports: '../../web/src/page.js' },
  { rule: 'server-imports-no-test-or-tool', folder: 'src/config', imports: '../../client/src/client.js' },
  { rule: 'server-runs-without-dev-packages', folder: 'src/config', imports: 'for-development' },
  { rule: 'packages-are-declared', folder: 'src/config', imports: 'came-along' },
  { rule: 'no-circles', folder: 'src/config', imports: './itself.js', name: 'itself.ts' },
  { rule: 'no-catch-all-folders', folder: 'src/utils', imports: 'nothing', text: 'export {};\n' },
  { rule: 'no-catch-all-folders', folder: 'test/helpers', imports: 'nothing', text: 'export {};\n' },
  { rule: 'no-barrels', folder: 'src/payments', name: 'index.ts', imports: './payments.module.js' },
];

/** One forbidden import in a file of its own; a rule about several folders has a violation in each. */
export const PLANTED_VIOLATIONS = VIOLATIONS.map(({ rule, folder, imports, name, text }, number) => ({
  rule,
  folder,
  imports,
  file: `${folder}/${name ?? `planted-${number}.ts`}`,
  text: text ?? importing(imports),
}));

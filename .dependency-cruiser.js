/**
 * The arrows of the house: http, execution, delivery → commands, queries → domain.
 * Each rule carries the sentence a newcomer reads when it stops them; test/architecture/imports.spec.ts breaks each one
 * on purpose.
 */

const SPEC = '\\.spec\\.ts$';
const OWN_CODE = '^(src|test|client|web|demo|bench|cluster)/|^ormconfig\\.ts$';
const KINDS_OF_WORK = '^src/(payments|demo)/';
const OWN_TABLES = '^src/delivery/webhooks/';
const PAYMENTS_HTTP = '^src/payments/http/';
const HTTP_PACKAGES =
  '(^|/)node_modules/(@nestjs/(platform-[^/]+|swagger|websockets)|@fastify/[^/]+|fastify|express|socket\\.io)/';

// The tool has no rule that a file may not exist, but one that it must import something: nothing matches (?!), so each
// such file breaks it.
const mayNotExist = (path) => ({ module: { path }, to: { path: '(?!)' } });

const domain = [
  {
    name: 'domain-imports-no-package',
    comment:
      'The life of an operation is plain TypeScript: it outlives every framework, and its specs need nothing ' +
      'but themselves.',
    from: { path: '^src/operations/domain/', pathNot: SPEC },
    to: { pathNot: OWN_CODE },
  },
  {
    name: 'domain-imports-no-other-folder',
    comment:
      'Everything points at the domain, and the domain at nothing but the kinds of errors that all throw: ' +
      'whoever must be told by it implements what it declares.',
    from: { path: '^src/operations/domain/' },
    to: { path: ['^src/', '^ormconfig\\.ts$'], pathNot: '^src/(operations/domain|errors)/' },
  },
];

const insideOperations = [
  {
    name: 'commands-and-queries-know-no-caller',
    comment:
      'A command runs the same for a request, a job and a test: http and execution call it, it never calls them.',
    from: { path: '^src/operations/(commands|queries)/' },
    to: { path: '^src/operations/(http|execution|maintenance)/' },
  },
  {
    name: 'queries-change-nothing',
    comment:
      'A query that knows a command or the repository could change what it was asked to read: it reads rows ' +
      'through the reader, and what changes something is a command of its own.',
    from: { path: '^src/operations/(queries|feed)/' },
    to: { path: ['^src/operations/commands/', '^src/operations/persistence/operation\\.repository\\.ts$'] },
  },
  {
    name: 'kinds-know-the-domain-only',
    comment:
      'A kind sees what it may see of an operation and no machinery: payments import kinds, and would drag ' +
      'the machinery along.',
    from: { path: '^src/operations/kinds/' },
    to: { path: '^src/operations/(?!kinds/|domain/)' },
  },
  {
    name: 'persistence-knows-no-caller',
    comment:
      'Rows are read and written the same whoever asks: commands and queries call persistence, it never calls them.',
    from: { path: '^src/operations/persistence/' },
    to: { path: '^src/operations/(commands|queries|http|execution|maintenance|feed)/' },
  },
  {
    name: 'api-and-worker-are-strangers',
    comment:
      'ROLES=api starts without the worker and ROLES=worker without the API: they meet in the database and ' +
      'the queue only.',
    from: { path: '^src/operations/(http|execution|maintenance)/' },
    to: { path: '^src/operations/(http|execution|maintenance)/', pathNot: '^src/operations/$1/' },
  },
  {
    name: 'entrances-use-commands-and-queries',
    comment:
      'A controller or processor that touches rows goes past the status table; what it needs is a command or a ' +
      'query. A worker keeps its own lease.',
    from: {
      path: [
        '^src/(operations/(http|maintenance)|compat|payments/http)/',
        '^src/operations/execution/.*\\.processor\\.ts$',
      ],
    },
    to: {
      path: ['^src/operations/persistence/', '^src/payments/ledger/(?!.*\\.query\\.ts$)'],
      pathNot: '^src/operations/persistence/worker-lease',
    },
  },
  {
    name: 'only-persistence-knows-the-database',
    comment:
      'Of operations, SQL and transactions stand in persistence alone, so that the commit budget can be read ' +
      'in one place. What an outcome carries is handed there. A feed over LISTEN/NOTIFY writes no row.',
    from: {
      path: '^src/operations/(commands|queries|kinds|http|execution|maintenance|feed)/',
      pathNot: '^src/operations/feed/postgres-feed[.]ts$',
    },
    to: { path: '^src/database/', pathNot: '^src/database/companion[.]ts$' },
  },
  {
    name: 'only-persistence-and-execution-know-the-queue',
    comment:
      'A job is added in the transaction of its operation (persistence) and taken by the processor; elsewhere ' +
      'it could be lost or doubled.',
    from: { path: '^src/operations/(commands|queries|kinds|http)/' },
    to: { path: '^src/(queue|operations/jobs)/' },
  },
];

const betweenRooms = [
  {
    name: 'operations-know-no-payments',
    comment: 'Operations run work of any kind: a new kind registers itself and changes no file of operations.',
    from: { path: '^src/operations/(?!domain/)' },
    to: { path: KINDS_OF_WORK },
  },
  {
    name: 'operations-know-no-delivery',
    comment:
      'Operations publish what happened and do not know who listens: a new push transport is a folder, not a ' +
      'change here.',
    from: { path: '^src/operations/(?!domain/)' },
    to: { path: '^src/delivery/' },
  },
  {
    name: 'payments-know-kinds-and-contract-only',
    comment: 'A kind of work gets what it needs through its kind; reaching past it, it could settle its own operation.',
    from: { path: KINDS_OF_WORK, pathNot: PAYMENTS_HTTP },
    to: { path: '^src/operations/(?!kinds/|domain/|contract/)' },
  },
  {
    name: 'payments-know-no-http',
    comment:
      'A payment runs in a worker that serves no requests: what a client sends or sees is the business of ' +
      'operations and delivery.',
    from: { path: KINDS_OF_WORK, pathNot: PAYMENTS_HTTP },
    to: { path: [HTTP_PACKAGES, '^src/(?!operations/|delivery/).*\\.(controller|gateway)\\.ts$'] },
  },
  {
    name: 'payments-know-no-delivery',
    comment:
      'What a payment has to tell is an event of its operation; told directly, it would arrive before the commit.',
    from: { path: KINDS_OF_WORK },
    to: { path: '^src/delivery/' },
  },
  {
    name: 'delivery-knows-events-and-queries',
    comment:
      'Delivery hears that something happened and reads what it has not seen (domain, queries, contract, ' +
      'feed); it decides and changes nothing.',
    from: { path: '^src/delivery/', pathNot: OWN_TABLES },
    to: {
      path: '^src/',
      pathNot: [
        '^src/(delivery|operations/(domain|queries|contract|feed)|errors|config|http|problems|access|validation)/',
        '^src/(clock|time|observability|openapi|shutdown)/',
        '^src/[^/]+\\.ts$',
      ],
    },
  },
  {
    name: 'outgoing-webhooks-own-their-tables-only',
    comment:
      'Outgoing webhooks must outlive a crash, so they keep rows of their own and clean them up; of operations they ' +
      'know what all delivery knows.',
    from: { path: OWN_TABLES },
    to: { path: '^src/(operations/(?!domain/|queries/|contract/|feed/)|payments/|queue/)' },
  },
  {
    name: 'foundations-know-no-feature',
    comment:
      'What everyone stands on must not lean on those who stand on it: a feature can then be removed by ' +
      'deleting its folder.',
    from: {
      path: [
        '^src/(errors|maintenance|config|database|queue|problems|access|http|validation)/',
        '^src/(clock|time|observability|health)/',
      ],
    },
    to: {
      path: [KINDS_OF_WORK, '^src/delivery/', '^src/operations/(commands|queries|http|execution|maintenance|feed)/'],
    },
  },
  {
    name: 'only-the-queue-knows-bullmq',
    comment:
      'Features speak to the port, queue/job-queue.ts, so that a backend is one file, and its promises one ' +
      'contract suite.',
    from: { path: '^src/', pathNot: '^src/(queue|operations/domain)/|^src/database/migrate\\.ts$' },
    to: { path: '(^|/)node_modules/(bullmq|@nestjs/bullmq)/' },
  },
  {
    name: 'only-redis-knows-its-client',
    comment:
      'Where REDIS_URL is unset, its client is not loaded; where it is set, every connection fails and comes back by ' +
      'the same rules, those of openRedis.',
    from: { path: '^src/', pathNot: ['^src/(redis|operations/domain)/', SPEC] },
    to: { path: '(^|/)node_modules/ioredis/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'only-the-start-knows-every-module',
    comment:
      'The files beside the rooms (app.module.ts, main.ts) put the house together; a room that imports one ' +
      'imports every other room.',
    from: { path: '^src/[^/]+/', pathNot: ['^src/operations/domain/', SPEC] },
    to: { path: '^src/[^/]+\\.ts$' },
  },
];

const outside = [
  {
    name: 'outsiders-import-no-server-code',
    comment:
      'Pages, client, demo and bench see what any stranger sees, the contract over the wire; so a change that ' +
      'breaks it breaks them.',
    from: { path: '^(client|demo|bench)/' },
    to: { path: '^(src|dist)/|^ormconfig\\.ts$' },
  },
  {
    name: 'client-needs-nothing-but-a-socket',
    comment:
      'Every shop that uses the client downloads what it imports: one package, and React for those that have ' +
      'it anyway.',
    from: { path: '^client/src/', pathNot: [SPEC, '^client/src/react\\.ts$'] },
    to: { pathNot: ['^client/src/(?!react\\.ts)', '(^|/)node_modules/socket\\.io-client/'] },
  },
  {
    name: 'hooks-need-react-and-the-client',
    comment: 'The hooks are the client in the shape that React wants, and nothing of their own.',
    from: { path: '^client/src/react\\.ts$' },
    to: { pathNot: ['^client/src/', '(^|/)node_modules/(react|@types/react)/'] },
  },
  {
    name: 'page-uses-the-client-alone',
    comment: 'The page is the first shop that uses the client: what it reaches past it for is missing in the client.',
    from: { path: '^web/' },
    to: { path: ['^(src|test|demo|bench|docs)/', '^client/(?!dist/)', '(^|/)node_modules/socket\\.io-client/'] },
  },
  {
    name: 'server-imports-no-test-or-tool',
    comment: 'What is built and shipped is src alone: an import of a test, a tool or a page is missing in the image.',
    from: { path: '^src/|^ormconfig\\.ts$', pathNot: SPEC },
    to: { path: ['^(test|bench|demo|cluster|client|web)/', SPEC] },
  },
  {
    name: 'server-runs-without-dev-packages',
    comment: 'The image is installed with --omit=dev: a package that the server needs belongs in "dependencies".',
    from: { path: '^src/|^ormconfig\\.ts$', pathNot: [SPEC, '^src/operations/domain/'] },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'packages-are-declared',
    comment:
      'A package that only came along with another one leaves with it: what is imported is named in package.json.',
    from: { path: OWN_CODE, pathNot: '^src/operations/domain/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  },
];

const circles = [
  {
    name: 'no-circles',
    comment:
      'Imports run one way: in a circle of ES modules one side finds the other undefined when a decorator reads it.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
];

const names = [
  {
    name: 'no-catch-all-folders',
    comment:
      'What two rooms need has a name of its own; shared, utils, common and helpers are names for not having ' +
      'looked for it.',
    ...mayNotExist(
      '^(src|test|client|web|demo|bench|cluster)/(?!.*node_modules/)(.*/)?(shared|utils?|common|helpers?)/',
    ),
  },
  {
    name: 'no-barrels',
    comment:
      'An import names the file it means; an index that passes on everything hides the arrows that these rules draw.',
    ...mayNotExist('^(src|test)/(.*/)?index\\.[cm]?[jt]sx?$'),
  },
];

const asErrors = (rules) => rules.map((rule) => ({ severity: 'error', ...rule }));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: asErrors([...domain, ...insideOperations, ...betweenRooms, ...outside, ...circles]),
  required: asErrors(names),
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '^((client|web)/)?dist/|^(data|coverage)/|^\\.[^./]|^test/(client/)?snippet-' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const bans = {
  '@nestjs/common': {
    forwardRef: 'Two modules that need each other hide a third: give what they share a room of its own.',
    Body: 'Bodies are read as bytes: ask for JSON with @JsonBody(schema), which holds them to UTF-8 and to their type.',
  },
  '@nestjs/cqrs': {
    Saga:
      'A saga that throws is dead for the life of the process: what must happen is a row or a job in the ' +
      'transaction.',
  },
};

/**
 * A connection that breaks ends the process where nobody listens, and one that goes silent holds its borrower for ever.
 */
const ownConnections = [
  {
    selector: "NewExpression[callee.object.name='pg'][callee.property.name=/^(Client|Pool)$/]",
    message:
      'Connections are opened by openPool() or as a Connection of src/database/connection.ts, which have ' +
      'listeners and time limits.',
  },
  {
    selector: "ImportDeclaration[source.value='pg'] ImportSpecifier",
    message: "Write import pg from 'pg', so that a pool or client of one's own is seen where it is made.",
  },
  {
    selector:
      "CallExpression[callee.property.name='connect'][callee.object.property.name=/pool|durable|relaxed|master/i]",
    message:
      'A connection is borrowed by Database.transaction or inTransaction(), which gives it back, or closes it ' +
      'where it broke.',
  },
  {
    selector: "CallExpression[callee.property.name='connect'][callee.object.name=/pool|durable|relaxed|master/i]",
    message:
      'A connection is borrowed by Database.transaction or inTransaction(), which gives it back, or closes it ' +
      'where it broke.',
  },
];

/** Beside the Clock, the monotonic performance.now() measures how long something takes. */
const oneClock = [
  {
    selector: ":matches(NewExpression, CallExpression)[callee.name='Date'][arguments.length=0]",
    message: 'The service stores and compares times by one clock: inject Clock.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message:
      'The service stores and compares times by one clock: inject Clock. How long something takes is measured ' +
      'by performance.now(), which cannot be set.',
  },
];

/** A `@Param` without a schema is any text, as the handler knows. */
const checkedParameters = {
  selector:
    'Decorator > CallExpression:matches(' +
    "[callee.name='Query']:not(:has(CallExpression[callee.name='checkedBy'])), " +
    "[callee.name='Param']:has(ObjectExpression))",
  message: 'Without checkedBy(), nobody validates this parameter: @Query(checkedBy(schema)).',
};

const globalsOfNode = Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));

export default defineConfig(
  globalIgnores(['**/dist/', 'data/', 'coverage/', 'client/src/generated.ts']),
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      // Prettier breaks neither strings nor comments; it keeps a title of a test on the line of its function.
      'max-len': ['error', { code: 120, ignoreRegExpLiterals: true, ignorePattern: '^\\s*(test|describe)\\b' }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'no-restricted-imports': [
        'error',
        {
          paths: Object.entries(bans).flatMap(([name, imports]) =>
            Object.entries(imports).map(([importName, message]) => ({ name, importNames: [importName], message })),
          ),
        },
      ],
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // A Nest module is a class with nothing in it but its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest declares its option bags as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // It does not see that `this.closed` may change during an await, and would have such guards removed.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['**/*.spec.{ts,tsx}', 'test/**/*.{ts,tsx}'],
    rules: {
      // Jest's matchers (expect.any, expect.objectContaining) and parsed responses are any by their own types.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A double answers at once where the real thing is awaited, and is handed over as it stands.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'ormconfig.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', ...ownConnections, ...oneClock, checkedParameters] },
  },
  {
    // The embedded server is started with connections of its own, before there is a database.
    files: ['src/database/connection.ts', 'src/database/transaction.ts', 'src/database/embedded/**'],
    rules: { 'no-restricted-syntax': ['error', ...oneClock] },
  },
  {
    // Log lines tell the time of the machine.
    files: ['src/clock/clock.ts', 'src/observability/logger.ts'],
    rules: { 'no-restricted-syntax': ['error', ...ownConnections] },
  },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: globalsOfNode } },
);

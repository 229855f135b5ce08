import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PAYMENT_PROVIDERS } from '../../src/config/environment.js';

/** The only places that may name a provider or its tokens. */
const MAY_KNOW = [
  // The providers' own rooms.
  new RegExp(`^payments/providers/(${PAYMENT_PROVIDERS.join('|')})/`),
  // The values of PAYMENT_PROVIDER, with the settings of each.
  /^config\/environment\.ts$/,
  // Creates the providers.
  /^payments\/providers\/provider-setup\.ts$/,
  // The sandbox simulates its customers' bank, on pages that no other provider has.
  /^payments\/http\/(payments-http\.module|sandbox-[\w.-]+)\.ts$/,
  // The sandbox's tables.
  /^database\/(migrations|roles)\//,
];

/** oc_live_ and oc_test_ begin the service's own keys. */
const NAMES = new RegExp(`['"\`](${PAYMENT_PROVIDERS.join('|')})['"\`]|\\bpm_\\w+|(?<!\\boc)_(live|test)_`);

const withoutComments = (source: string) => source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');

const namingIn = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .filter(([path]) => !MAY_KNOW.some((room) => room.test(path)))
    .flatMap(
      ([path, source]) =>
        NAMES.exec(withoutComments(source))
          ?.slice(0, 1)
          .map((found) => `${path}: ${found}`) ?? [],
    );

test('code for all payment providers names none of them', () => {
  const paths = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(?<!\.spec)\.ts$/.test(path),
  );
  expect(paths.length).toBeGreaterThan(100);
  expect(namingIn(Object.fromEntries(paths.map((path) => [path, readFileSync(`src/${path}`, 'utf8')])))).toEqual([]);
});

test.each(["provider.name === 'stripe'", 'const SAMPLE = "pm_card_visa"', "key.includes('_live_')"])(
  'such as %s',
  (planted) => {
    expect(namingIn({ 'compat/article.controller.ts': `/** 'sandbox' */\n${planted}` })).toHaveLength(1);
    expect(namingIn({ 'payments/providers/stripe/stripe.provider.ts': planted })).toEqual([]);
  },
);

test.each(PAYMENT_PROVIDERS)('%s is run through the contract suite', (name) => {
  const spec = `test/contracts/${name}.provider.spec.ts`;
  if (existsSync(spec) && readFileSync(spec, 'utf8').includes('describeProvider(')) return;
  throw new Error(
    `PAYMENT_PROVIDERS has "${name}". Expected describeProvider('${name}', …) in ${spec}, found none: see ` +
      'section 6 of docs/adding-a-payment-provider.md.',
  );
});

import { cruise, type ICruiseOptions } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOUSE, PLANTED_VIOLATIONS } from './house.js';

const SECONDS = 1000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let options: ICruiseOptions;
let house: string;

/** The violations that `npm run lint` prints of a tree, each with the reason that stands below it. */
const inspect = async (baseDir: string) => {
  const { output } = await cruise(['.'], { ...options, baseDir, outputType: 'err-long' });
  if (typeof output !== 'string')
    throw new Error('Expected the report as text, found an object: outputType err-long gives text.');
  const [, ...entries] = output.split(/^ *error /m);
  return entries.map((entry) => {
    const [heading = '', ...reason] = entry.split('\n\n')[0]?.split('\n') ?? [];
    const [, rule, file] = /^(\S+): (\S+)/.exec(heading) ?? [];
    return { rule, file, reason: reason.map((line) => line.trim()).join(' ') };
  });
};

const build = (files: Record<string, string>, root = house) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};

beforeAll(async () => {
  options = await extractOptions(join(ROOT, '.dependency-cruiser.js'));
  house = realpathSync(mkdtempSync(join(tmpdir(), 'outcome-house-')));
  build(HOUSE);
});

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

const rules = () => [...(options.ruleSet?.forbidden ?? []), ...(options.ruleSet?.required ?? [])];

describe('the arrows between folders', () => {
  test(
    'hold in this repository',
    async () => {
      expect(await inspect(ROOT)).toEqual([]);
    },
    30 * SECONDS,
  );

  test('let a house through that uses every arrow the design draws', async () => {
    expect(await inspect(house)).toEqual([]);
  });

  test('are each explained in one sentence and proven by a planted violation', () => {
    expect([...new Set(PLANTED_VIOLATIONS.map(({ rule }) => rule))].sort()).toEqual(
      rules()
        .map(({ name }) => name)
        .sort(),
    );
    for (const { comment } of rules()) expect(comment).toMatch(/^\S.{20,}\.$/);
  });

  describe('in a house with one import too many in a file', () => {
    let found: Awaited<ReturnType<typeof inspect>>;

    beforeAll(async () => {
      build(Object.fromEntries(PLANTED_VIOLATIONS.map(({ file, text }) => [file, text])));
      found = await inspect(house);
    }, 30 * SECONDS);

    test.each(PLANTED_VIOLATIONS)('$rule stops $folder importing $imports, and says why', ({ rule, file }) => {
      const reason = rules().find(({ name }) => name === rule)?.comment;

      expect(found.filter((violation) => violation.file === file)).toEqual([
        { rule, file, reason: expect.stringContaining(String(reason)) },
      ]);
    });

    test('nothing else is reported', () => {
      expect(found.map(({ file }) => file).sort()).toEqual(PLANTED_VIOLATIONS.map(({ file }) => file).sort());
    });
  });
});

describe('folders', () => {
  let folders: ICruiseOptions;
  beforeAll(async () => (folders = await extractOptions(join(ROOT, '.dependency-cruiser.folders.js'))));

  const circlesIn = async (baseDir: string): Promise<number> => {
    const { output } = await cruise(['src'], { ...folders, baseDir });
    if (typeof output === 'string') throw new Error('Expected the result as an object, found text.');
    return output.summary.error;
  };

  test(
    'lean on each other one way in this repository',
    async () => expect(await circlesIn(ROOT)).toBe(0),
    30 * SECONDS,
  );

  test('that lean on each other are found, though no file does', async () => {
    const files = {
      'src/left/first.ts': "import '../right/first.js';\n",
      'src/right/first.ts': 'export {};\n',
      'src/right/second.ts': "import '../left/second.js';\n",
      'src/left/second.ts': 'export {};\n',
    };
    const tree = mkdtempSync(join(realpathSync(tmpdir()), 'folders-'));
    try {
      build(files, tree);
      expect(await circlesIn(tree)).toBeGreaterThan(0);
      writeFileSync(join(tree, 'src/right/second.ts'), 'export {};\n');
      expect(await circlesIn(tree)).toBe(0);
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  });
});

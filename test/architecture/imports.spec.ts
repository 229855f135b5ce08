import { cruise, type ICruiseOptions } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOUSE, PLANTED_VIOLATIONS } from './house.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let options: ICruiseOptions;
let house: string;

/** The violations that `npm run lint` prints for a tree, each with its reason. */
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
  test('are kept in this repository', async () => {
    expect(await inspect(ROOT)).toEqual([]);
  });

  test('allow every import that the design draws', async () => {
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

  describe('in a tree with one violation per file', () => {
    let found: Awaited<ReturnType<typeof inspect>>;

    beforeAll(async () => {
      build(Object.fromEntries(PLANTED_VIOLATIONS.map(({ file, text }) => [file, text])));
      found = await inspect(house);
    });

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

describe('the whole', () => {
  let whole: ICruiseOptions;
  beforeAll(async () => (whole = await extractOptions(join(ROOT, '.dependency-cruiser.whole.js'))));

  const violationsIn = async (baseDir: string, ...roots: string[]) => {
    const { output } = await cruise(roots, { ...whole, baseDir });
    if (typeof output === 'string') throw new Error('Expected the result as an object, found text.');
    return output.summary.violations.map(({ rule, from }) => `${rule.name} ${from}`);
  };
  const inATree = async (files: Record<string, string>, look: (tree: string) => Promise<void>) => {
    const tree = mkdtempSync(join(realpathSync(tmpdir()), 'whole-'));
    build(files, tree);
    await look(tree).finally(() => rmSync(tree, { recursive: true, force: true }));
  };

  test('has no circle of folders and no unreachable file in this repository', async () => {
    expect(await violationsIn(ROOT, 'src', 'client', 'web', 'ormconfig.ts')).toEqual([]);
  });

  test('reports a circle of folders without a circle of files', async () => {
    const files = {
      'src/main.ts': "import './left/first.js';\nimport './left/second.js';\nimport './right/second.js';\n",
      'src/left/first.ts': "import '../right/first.js';\n",
      'src/right/first.ts': 'export {};\n',
      'src/right/second.ts': "import '../left/second.js';\n",
      'src/left/second.ts': 'export {};\n',
    };
    await inATree(files, async (tree) => {
      expect(new Set(await violationsIn(tree, 'src'))).toEqual(
        new Set(['no-circles-of-folders src/left', 'no-circles-of-folders src/right']),
      );
      build({ 'src/right/second.ts': 'export {};\n' }, tree);
      expect(await violationsIn(tree, 'src')).toEqual([]);
    });
  });

  test('reports files that no entry point reaches, even if they import each other or a spec imports them', async () => {
    const files = {
      'ormconfig.ts': "import './src/entities.js';\n",
      'src/entities.ts': 'export {};\n',
      'src/main.ts': "import './used.js';\n",
      'src/used.ts': 'export {};\n',
      'src/forgotten/alone.ts': 'export {};\n',
      'src/forgotten/first.ts': "import './second.js';\n",
      'src/forgotten/second.ts': "import '../used.js';\n",
      'src/forgotten/tested.ts': 'export {};\n',
      'src/forgotten/tested.spec.ts': "import './tested.js';\n",
      'client/src/index.ts': 'export {};\n',
      'client/src/forgotten.ts': 'export {};\n',
      'web/src/main.tsx': 'export {};\n',
      'web/src/forgotten.tsx': 'export {};\n',
    };
    await inATree(files, async (tree) => {
      const forgotten = Object.keys(files).filter((file) => /forgotten/.test(file) && !file.includes('.spec.'));
      expect((await violationsIn(tree, 'src', 'client', 'web', 'ormconfig.ts')).sort()).toEqual(
        forgotten.map((file) => `every-file-is-reached ${file}`).sort(),
      );
    });
  });
});

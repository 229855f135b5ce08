// Puts in place of a module what Node has loaded of it.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** @param {string} file @param {{ supportsStaticESM: boolean }} options */
function link(file, { supportsStaticESM }) {
  const loaded = `loadedByNode(${JSON.stringify(file)})`;
  if (!supportsStaticESM) return `module.exports = ${loaded};`;
  const names = Object.keys(require(file)).map((name) => JSON.stringify(name));
  const taken = names.map((name, index) => `${name}: _${index}`);
  const given = names.map((name, index) => `_${index} as ${name}`);
  return `const { ${taken} } = ${loaded};\nexport { ${given} };`;
}

export default {
  process: (source, file, options) => ({ code: link(file, options) }),
  // What a module exports may change with those that it imports.
  getCacheKey: (source, file, options) => createHash('sha256').update(link(file, options)).digest('hex'),
};

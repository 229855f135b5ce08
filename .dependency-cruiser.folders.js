/** Of folders, without the specs: these may lean on test/, which leans on everything. `.dependency-cruiser.js` has the arrows. */

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      comment:
        'A folder that leans on one that leans on it cannot be read, tested or moved by itself: the two are one room.',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    includeOnly: '^src/',
    exclude: { path: '\\.spec\\.ts$' },
    tsPreCompilationDeps: true,
  },
};

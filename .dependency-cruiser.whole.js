/** Of the whole: what no file shows by itself. Specs are left out: they may lean on test/, which leans on all. */

const ENTRY_POINTS = [
  '^src/(main|keys|accounts|erase|database/generate-migration)\\.ts$',
  '^ormconfig\\.ts$',
  '^client/src/(index|react|webhooks)\\.ts$',
  '^web/src/main\\.tsx$',
];

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
    {
      name: 'every-file-is-reached',
      severity: 'error',
      comment:
        'A file that no entry point reaches runs nowhere, and is read, mended and renamed all the same: delete it.',
      from: { path: ENTRY_POINTS },
      to: { pathNot: ENTRY_POINTS, reachable: false },
    },
  ],
  options: {
    includeOnly: '^(src|client/src|web/src)/|^ormconfig\\.ts$',
    exclude: { path: '\\.spec\\.tsx?$' },
    tsPreCompilationDeps: true,
  },
};

import module from 'node:module';

/** Node 22.14 and later; the installed types are those of Node 20. */
const { setSourceMapsSupport } = module as { setSourceMapsSupport?: (enabled: boolean) => void };

/**
 * Stacks name the TypeScript source, for our own files only: `--enable-source-maps` would load the maps of all
 * packages, 13 MB of heap and up to 30 MB of memory. On Node 20, which has only that flag, stacks name the built files.
 */
export const showSourceInStacks = (): void => setSourceMapsSupport?.(true);

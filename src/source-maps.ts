import module from 'node:module';

/** Node 22.14 and later; the types are those of Node 20. */
const { setSourceMapsSupport } = module as { setSourceMapsSupport?: (enabled: boolean) => void };

/**
 * Stacks name the TypeScript source, of our own files alone: `--enable-source-maps` holds the maps of all packages too,
 * 13 MB of heap and up to 30 MB of memory. On Node 20, which knows only that, stacks name the built files.
 */
export const showSourceInStacks = (): void => setSourceMapsSupport?.(true);

export function findBrowser(): string | undefined;
export function findRedisServer(): string | undefined;

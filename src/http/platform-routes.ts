/** Health and metrics, which platforms ask at an address of their own, such as a pod's, and often. */
export const isForThePlatform = (route: string): boolean => /^\/(health\/|metrics$)/.test(route);

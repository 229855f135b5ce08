/**
 * Holds a browser lock, shared by all tabs of an origin, and resolves to a function that releases it. Resolves to
 * undefined if the lock is taken (`ifAvailable`), denied (in a sandboxed frame), unknown (outside secure contexts), or
 * not granted before the signal.
 */
export function heldLock(name: string, options: LockOptions, before: AbortSignal): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const none = () => resolve(undefined);
    if (before.aborted) return none();
    before.addEventListener('abort', none);
    const held = (lock: Lock | null) =>
      lock && !before.aborted ? new Promise<void>((letGo) => resolve(letGo)) : none();
    // Async, so that a browser that throws counts as one that denies.
    (async () => navigator.locks.request(name, options, held))().catch(none);
  });
}

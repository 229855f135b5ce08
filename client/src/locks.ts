/**
 * Holds a lock of the browser's, which all tabs of an origin share, and resolves to how to let go of it. Resolves to
 * undefined where it is not to be had: it is taken (`ifAvailable`), denied, as in a sandboxed frame, not known, as
 * outside secure contexts, or not given before the signal.
 */
export function heldLock(name: string, options: LockOptions, before: AbortSignal): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const none = () => resolve(undefined);
    if (before.aborted) return none();
    before.addEventListener('abort', none);
    const held = (lock: Lock | null) =>
      lock && !before.aborted ? new Promise<void>((letGo) => resolve(letGo)) : none();
    // Async, so that a browser that throws is one that denies.
    (async () => navigator.locks.request(name, options, held))().catch(none);
  });
}

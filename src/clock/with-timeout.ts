/**
 * The result of `work`, or what `tooLate` makes once `ms` have passed. The work is not stopped: nobody waits for it any
 * more.
 */
export async function withTimeout<T>(ms: number, work: Promise<T>, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(tooLate()), ms)));
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

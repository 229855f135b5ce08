/** The result of `work`, or the error of `tooLate` after `ms`. The work continues; its result is ignored. */
export async function withTimeout<T>(ms: number, work: Promise<T>, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(tooLate()), ms)));
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

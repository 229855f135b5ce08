/**
 * Callers that arrive during a commit share the next one. @template Row @param {import('pg').Pool} pool
 * @param {{ name: string, text: string }} statement over arrays @param {(rows: Row[]) => unknown[][]} toColumns
 */
export function shared(pool, statement, toColumns) {
  /** @type {{ row: Row, stored: () => void, failed: (error: unknown) => void }[]} */
  let waiting = [];
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await pool.query({ ...statement, values: toColumns(batch.map(({ row }) => row)) }).then(
        () => batch.forEach(({ stored }) => stored()),
        (error) => batch.forEach(({ failed }) => failed(error)),
      );
    }
    isRunning = false;
  };
  return (/** @type {Row} */ row) =>
    new Promise((/** @type {(value?: undefined) => void} */ stored, failed) => {
      waiting.push({ row, stored, failed });
      if (!isRunning) void run();
    });
}

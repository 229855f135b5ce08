/**
 * Fails if an operation was lost or charged twice: speed is no excuse. @param {import('./site.mjs').Subject} subject
 * @param {number} filledIn operations that it has besides the accepted ones
 */
export async function check({ name, database, accepted }, filledIn = 0) {
  const { rows } = await database.query(`
    SELECT count(*)::int AS stored, count(*) FILTER (WHERE status = 'success')::int AS succeeded,
      count(*) FILTER (WHERE entry.outcome = 'charged' AND entry.requests = 1)::int AS "chargedOnce",
      (SELECT count(*) FROM sandbox.charge)::int AS charges
    FROM operation LEFT JOIN sandbox.charge entry ON entry.idempotency_key = operation.id::text`);
  const { stored, succeeded, chargedOnce, charges } = rows[0];
  if ([stored, succeeded, chargedOnce, charges].every((count) => count === accepted + filledIn)) {
    console.log(`  All ${accepted} operations of ${name} are stored as success and were charged once.`);
    return;
  }
  console.log(
    `  WRONG: of ${accepted} operations that ${name} accepted and reported as a success, ${stored} are stored, ` +
      `${succeeded} as success, ${chargedOnce} charged once, with ${charges} charges in the ledger.`,
  );
  process.exitCode = 1;
}

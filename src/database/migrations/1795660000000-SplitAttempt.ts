import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `attempt` guarded writes and counted executions together with look-ups: each gets a column of its own. */
export class SplitAttempt1795660000000 implements MigrationInterface {
  name = 'SplitAttempt1795660000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "operation" RENAME COLUMN "attempt" TO "fence";
            ALTER VIEW "operation_state" RENAME COLUMN "attempt" TO "fence";
            ALTER TABLE "operation" ADD "attempts" integer NOT NULL DEFAULT 0
        `);
    // Each claim that was no look-up was an execution; a look-up is counted once it is scheduled, its claim later.
    await queryRunner.query(`
            UPDATE "operation" SET "attempts" = greatest(1, "fence" - "look_ups" + CASE
                WHEN "status" IN ('reconciling', 'requires_action') AND "next_attempt_at" IS NOT NULL THEN 1
                ELSE 0
            END)
            WHERE "fence" > 0
        `);
    await queryRunner.query(`ALTER TABLE "operation" ALTER COLUMN "attempts" DROP DEFAULT`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "operation" DROP COLUMN "attempts";
            ALTER VIEW "operation_state" RENAME COLUMN "fence" TO "attempt";
            ALTER TABLE "operation" RENAME COLUMN "fence" TO "attempt"
        `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A function, since an expression within another statement adds the job of a start. */
export class AddJobOutbox1795704700000 implements MigrationInterface {
  name = 'AddJobOutbox1795704700000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "job_outbox" (
                "queue" text NOT NULL,
                "job_id" text NOT NULL,
                "data" jsonb NOT NULL,
                "run_at" TIMESTAMP WITH TIME ZONE,
                "priority" text,
                "added_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "job_outbox_pk" PRIMARY KEY ("queue", "job_id")
            )
        `);
    await queryRunner.query(`
            CREATE FUNCTION "add_to_job_outbox"(queue text, jobs jsonb) RETURNS void LANGUAGE sql AS $$
              INSERT INTO job_outbox (queue, job_id, data, run_at, priority)
              SELECT $1, given.* FROM jsonb_to_recordset($2)
                AS given(id text, data jsonb, "runAt" timestamptz, priority text)
              ON CONFLICT DO NOTHING
            $$
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION "add_to_job_outbox"`);
    await queryRunner.query(`DROP TABLE "job_outbox"`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Begin1795449479817 implements MigrationInterface {
  name = 'Begin1795449479817';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE SCHEMA "sandbox"`);
    await queryRunner.query(`
            CREATE TABLE "operation" (
                "id" uuid NOT NULL,
                "kind" text NOT NULL,
                "input" jsonb NOT NULL,
                "metadata" jsonb NOT NULL,
                "idempotency_key" text,
                "request_hash" text,
                "request_id" text,
                "status" text NOT NULL,
                "version" integer NOT NULL,
                "attempt" integer NOT NULL,
                "look_ups" integer NOT NULL,
                "job_id" text,
                "progress" jsonb,
                "next_action" jsonb,
                "result" jsonb,
                "failure" jsonb,
                "cancel_requested_at" TIMESTAMP WITH TIME ZONE,
                "next_attempt_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "finished_at" TIMESTAMP WITH TIME ZONE,
                "expires_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "operation_status_known" CHECK (
                    status IN (
                        'pending',
                        'processing',
                        'requires_action',
                        'reconciling',
                        'success',
                        'failed',
                        'canceled',
                        'expired'
                    )
                ),
                CONSTRAINT "operation_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_deadline" ON "operation" ("expires_at")
            WHERE expires_at IS NOT NULL
                AND finished_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_status" ON "operation" ("status", "id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "operation_idempotency_key" ON "operation" ("idempotency_key")
            WHERE idempotency_key IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE TABLE "operation_event" (
                "operation_id" uuid NOT NULL,
                "version" integer NOT NULL,
                "type" text NOT NULL,
                "occurred_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "snapshot" jsonb NOT NULL,
                "detail" jsonb,
                CONSTRAINT "operation_event_pk" PRIMARY KEY ("operation_id", "version")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "sandbox"."ledger_entry" (
                "idempotency_key" text NOT NULL,
                "reference" text NOT NULL,
                "amount" bigint NOT NULL,
                "currency" text NOT NULL,
                "payment_method" text NOT NULL,
                "outcome" text NOT NULL,
                "decline_code" text,
                "turns_away" integer NOT NULL,
                "requests" integer NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "ledger_entry_pk" PRIMARY KEY ("idempotency_key")
            )
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "sandbox"."ledger_entry"
        `);
    await queryRunner.query(`
            DROP TABLE "operation_event"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."operation_idempotency_key"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."operation_by_status"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."operation_deadline"
        `);
    await queryRunner.query(`
            DROP TABLE "operation"
        `);
    await queryRunner.query(`DROP SCHEMA "sandbox"`);
  }
}

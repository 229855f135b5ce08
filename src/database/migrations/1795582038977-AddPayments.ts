import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddPayments1795582038977 implements MigrationInterface {
  name = 'AddPayments1795582038977';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "payment_movement" (
                "operation_id" uuid NOT NULL,
                "charge_operation_id" uuid NOT NULL,
                "type" text NOT NULL,
                "amount" integer NOT NULL,
                "reference" text,
                "reserved_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "done_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "payment_movement_pk" PRIMARY KEY ("operation_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_movement_reference" ON "payment_movement" ("reference")
            WHERE reference IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_movement_done" ON "payment_movement" USING brin ("done_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_movement_of_charge" ON "payment_movement" ("charge_operation_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "payment" (
                "charge_operation_id" uuid NOT NULL,
                "provider" text NOT NULL,
                "reference" text,
                "currency" text NOT NULL,
                "authorised" integer NOT NULL,
                "captured" integer NOT NULL,
                "refunded" integer NOT NULL,
                "voided_at" TIMESTAMP WITH TIME ZONE,
                "sent_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "payment_pk" PRIMARY KEY ("charge_operation_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_updated" ON "payment" USING brin ("updated_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_reference" ON "payment" ("provider", "reference")
        `);
    await queryRunner.query(`
            CREATE TABLE "sandbox"."ledger_movement" (
                "idempotency_key" text NOT NULL,
                "reference" text NOT NULL,
                "charge" text NOT NULL,
                "type" text NOT NULL,
                "amount" bigint NOT NULL,
                "decline_code" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "ledger_movement_pk" PRIMARY KEY ("idempotency_key")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "ledger_movement_of_charge" ON "sandbox"."ledger_movement" ("charge")
        `);
    await queryRunner.query(`
            CREATE TABLE "provider_event" (
                "provider" text NOT NULL,
                "id" text NOT NULL,
                "type" text NOT NULL,
                "operation_id" text,
                "reference" text,
                "occurred_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "received_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "handled_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "provider_event_pk" PRIMARY KEY ("provider", "id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "provider_event_received" ON "provider_event" ("received_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "operation"
            ADD "attention_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "captures" boolean NOT NULL DEFAULT true
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "captured" bigint NOT NULL DEFAULT '0'
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "refunded" bigint NOT NULL DEFAULT '0'
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "voided_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "token" text
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "return_url" text
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "settles_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_attention" ON "operation" ("attention_at")
            WHERE attention_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "ledger_entry_token" ON "sandbox"."ledger_entry" ("token")
            WHERE token IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "ledger_entry_reference" ON "sandbox"."ledger_entry" ("reference")
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD CONSTRAINT "ledger_entry_moves_what_there_is" CHECK (
                    refunded <= captured
                    AND captured <= amount
                )
        `);
    // Whatever was charged before was captured at once. So that it can be refunded:
    await queryRunner.query(`UPDATE sandbox.ledger_entry SET captured = amount WHERE outcome = 'charged'`);
    await queryRunner.query(`
            INSERT INTO payment (charge_operation_id, provider, reference, currency, authorised, captured, refunded,
              sent_at, updated_at)
            SELECT id, result->>'provider', result->>'reference', result->>'currency', (result->>'amount')::integer,
              (result->>'amount')::integer, 0,
              created_at, finished_at
            FROM operation WHERE kind = 'payment.charge' AND status = 'success'
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP CONSTRAINT "ledger_entry_moves_what_there_is"
        `);
    await queryRunner.query(`
            DROP INDEX "sandbox"."ledger_entry_reference"
        `);
    await queryRunner.query(`
            DROP INDEX "sandbox"."ledger_entry_token"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."operation_attention"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "settles_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "return_url"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "token"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "voided_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "refunded"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "captured"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "captures"
        `);
    await queryRunner.query(`
            ALTER TABLE "operation" DROP COLUMN "attention_at"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."provider_event_received"
        `);
    await queryRunner.query(`
            DROP TABLE "provider_event"
        `);
    await queryRunner.query(`
            DROP INDEX "sandbox"."ledger_movement_of_charge"
        `);
    await queryRunner.query(`
            DROP TABLE "sandbox"."ledger_movement"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."payment_reference"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."payment_updated"
        `);
    await queryRunner.query(`
            DROP TABLE "payment"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."payment_movement_of_charge"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."payment_movement_done"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."payment_movement_reference"
        `);
    await queryRunner.query(`
            DROP TABLE "payment_movement"
        `);
  }
}

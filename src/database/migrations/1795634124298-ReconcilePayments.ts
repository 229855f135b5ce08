import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReconcilePayments1795634124298 implements MigrationInterface {
  name = 'ReconcilePayments1795634124298';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."payment_movement_reference"`);
    await queryRunner.query(`DROP INDEX "public"."payment_movement_done"`);
    await queryRunner.query(`DROP INDEX "public"."payment_updated"`);
    await queryRunner.query(`DROP INDEX "public"."payment_reference"`);
    await queryRunner.query(`ALTER TABLE "payment_movement" ADD "id" uuid`);
    await queryRunner.query(`ALTER TABLE "payment_movement" ADD "provider" text`);
    await queryRunner.query(`
            UPDATE payment_movement SET id = operation_id, provider = payment.provider
            FROM payment WHERE payment.charge_operation_id = payment_movement.charge_operation_id
        `);
    await queryRunner.query(`
            ALTER TABLE "payment_movement"
            ALTER COLUMN "id" SET NOT NULL, ALTER COLUMN "provider" SET NOT NULL
        `);
    await queryRunner.query(`ALTER TABLE "payment_movement" DROP CONSTRAINT "payment_movement_pk"`);
    await queryRunner.query(`ALTER TABLE "payment_movement" ADD CONSTRAINT "payment_movement_pk" PRIMARY KEY ("id")`);
    await queryRunner.query(`ALTER TABLE "payment_movement" ALTER COLUMN "operation_id" DROP NOT NULL`);
    await queryRunner.query(`ALTER TABLE "payment" ADD "disputed" bigint NOT NULL DEFAULT '0'`);
    await queryRunner.query(`ALTER TABLE "payment" ADD "reconcile_at" TIMESTAMP WITH TIME ZONE`);
    // Spread over a day, so that a provider is not asked about all of them at once.
    await queryRunner.query(`
            UPDATE payment SET reconcile_at = now() + random() * interval '1 day'
            WHERE authorised > 0 AND sent_at > now() - interval '180 days'
        `);
    // Who was settled by hand with the reference of another has none from here on, and is for a person.
    for (const [table, id, columns] of [
      ['payment', 'charge_operation_id', 'provider, reference'],
      ['payment_movement', 'operation_id', 'provider, type, reference'],
    ])
      await queryRunner.query(`
            WITH copy AS (
              SELECT ${id}, row_number() OVER (PARTITION BY ${columns} ORDER BY ${id}) AS place FROM ${table}
              WHERE reference IS NOT NULL ${table === 'payment_movement' ? 'AND done_at IS NOT NULL' : ''}
            ), unnamed AS (
              UPDATE ${table} SET reference = NULL FROM copy WHERE ${table}.${id} = copy.${id} AND place > 1
                RETURNING ${table}.${id}
            )
            UPDATE operation SET attention_at = now() FROM unnamed WHERE operation.id = unnamed.${id}
        `);
    // Secrets of actions that the history has kept.
    await queryRunner.query(`
            UPDATE operation_event SET snapshot = jsonb_set(snapshot, '{nextAction,clientData}', '{}')
            WHERE type = 'operation.action_required' AND snapshot->'nextAction' ? 'clientData'
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_ended_otherwise" ON "operation" ("finished_at")
            WHERE status IN ('failed', 'canceled', 'expired')
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "payment_movement_named_once" ON "payment_movement" ("provider", "type", "reference")
            WHERE reference IS NOT NULL
                AND done_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "payment_movement_reference" ON "payment_movement" ("provider", "reference")
            WHERE reference IS NOT NULL
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "payment_movement_operation" ON "payment_movement" ("operation_id")`);
    await queryRunner.query(`
            CREATE INDEX "payment_reconcile" ON "payment" ("provider", "reconcile_at")
            WHERE reconcile_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "payment_named_once" ON "payment" ("provider", "reference")
            WHERE reference IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."payment_named_once"`);
    await queryRunner.query(`DROP INDEX "public"."payment_reconcile"`);
    await queryRunner.query(`DROP INDEX "public"."payment_movement_operation"`);
    await queryRunner.query(`DROP INDEX "public"."payment_movement_reference"`);
    await queryRunner.query(`DROP INDEX "public"."payment_movement_named_once"`);
    await queryRunner.query(`DROP INDEX "public"."operation_ended_otherwise"`);
    // An earlier version knows no movements but those of operations; the sums keep them.
    await queryRunner.query(`DELETE FROM payment_movement WHERE operation_id IS NULL`);
    await queryRunner.query(`ALTER TABLE "payment_movement" DROP CONSTRAINT "payment_movement_pk"`);
    await queryRunner.query(
      `ALTER TABLE "payment_movement" ADD CONSTRAINT "payment_movement_pk" PRIMARY KEY ("operation_id")`,
    );
    await queryRunner.query(`ALTER TABLE "payment" DROP COLUMN "reconcile_at"`);
    await queryRunner.query(`ALTER TABLE "payment" DROP COLUMN "disputed"`);
    await queryRunner.query(`ALTER TABLE "payment_movement" DROP COLUMN "provider"`);
    await queryRunner.query(`ALTER TABLE "payment_movement" DROP COLUMN "id"`);
    await queryRunner.query(`CREATE INDEX "payment_reference" ON "payment" USING btree ("provider", "reference")`);
    await queryRunner.query(`CREATE INDEX "payment_updated" ON "payment" USING brin ("updated_at")`);
    await queryRunner.query(`CREATE INDEX "payment_movement_done" ON "payment_movement" USING brin ("done_at")`);
    await queryRunner.query(`
            CREATE INDEX "payment_movement_reference" ON "payment_movement" USING btree ("reference")
            WHERE (reference IS NOT NULL)
        `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const ONLY_TENANT = '00000000-0000-0000-0000-000000000000';

export class AddTenants1795705500000 implements MigrationInterface {
  name = 'AddTenants1795705500000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // What was stored before is the only tenant's. Without a default, a statement that forgets the tenant fails.
    await queryRunner.query(`ALTER TABLE "operation" ADD "tenant" uuid NOT NULL DEFAULT '${ONLY_TENANT}'`);
    await queryRunner.query(`ALTER TABLE "operation" ALTER COLUMN "tenant" DROP DEFAULT`);
    await queryRunner.query(`ALTER TABLE "webhook_endpoint" ADD "tenant" uuid NOT NULL DEFAULT '${ONLY_TENANT}'`);
    await queryRunner.query(`ALTER TABLE "webhook_endpoint" ALTER COLUMN "tenant" DROP DEFAULT`);
    await queryRunner.query(`DROP INDEX "public"."operation_idempotency_key"`);
    await queryRunner.query(`DROP INDEX "public"."operation_by_kind"`);
    await queryRunner.query(`DROP INDEX "public"."operation_by_status"`);
    await queryRunner.query(`DROP INDEX "public"."webhook_endpoint_url"`);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "operation_idempotency_key" ON "operation" ("tenant", "idempotency_key")
            WHERE idempotency_key IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_tenant" ON "operation" ("tenant", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_kind" ON "operation" ("tenant", "kind", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_status" ON "operation" ("status", "id")
            WHERE status <> 'success'
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "webhook_endpoint_url" ON "webhook_endpoint" ("tenant", "url")
        `);
    await queryRunner.query(`
            CREATE OR REPLACE VIEW "operation_state" AS
            SELECT id, kind, status, fence, finished_at, coalesce((
                SELECT bool_or(event.detail ->> 'answer' <> 'books_differ') FROM operation_event AS event
                WHERE event.operation_id = operation.id AND event.type = 'operation.answered_late'
            ), false) AS answered_late, tenant
            FROM operation
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP VIEW "operation_state"`);
    await queryRunner.query(`DROP INDEX "public"."webhook_endpoint_url"`);
    await queryRunner.query(`DROP INDEX "public"."operation_by_status"`);
    await queryRunner.query(`DROP INDEX "public"."operation_by_kind"`);
    await queryRunner.query(`DROP INDEX "public"."operation_by_tenant"`);
    await queryRunner.query(`DROP INDEX "public"."operation_idempotency_key"`);
    await queryRunner.query(`ALTER TABLE "webhook_endpoint" DROP COLUMN "tenant"`);
    await queryRunner.query(`ALTER TABLE "operation" DROP COLUMN "tenant"`);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "webhook_endpoint_url" ON "webhook_endpoint" ("url")
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_status" ON "operation" ("status", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_kind" ON "operation" ("kind", "id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "operation_idempotency_key" ON "operation" ("idempotency_key")
            WHERE idempotency_key IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE VIEW "operation_state" AS
            SELECT id, kind, status, fence, finished_at, coalesce((
                SELECT bool_or(event.detail ->> 'answer' <> 'books_differ') FROM operation_event AS event
                WHERE event.operation_id = operation.id AND event.type = 'operation.answered_late'
            ), false) AS answered_late
            FROM operation
        `);
  }
}

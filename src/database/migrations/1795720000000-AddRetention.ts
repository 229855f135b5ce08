import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRetention1795720000000 implements MigrationInterface {
  name = 'AddRetention1795720000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation" ADD "stripped_at" TIMESTAMP WITH TIME ZONE`);
    await queryRunner.query(`
            CREATE TABLE "retention_due" (
                "operation_id" uuid NOT NULL,
                "act" text NOT NULL,
                "due_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "retention_due_pk" PRIMARY KEY ("operation_id", "act")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "retention_due_next" ON "retention_due" ("act", "due_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "retention_progress" (
                "act" text NOT NULL,
                "after" uuid NOT NULL,
                CONSTRAINT "retention_progress_pk" PRIMARY KEY ("act")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_delivery_of_operation" ON "webhook_delivery" ("operation_id")
            WHERE operation_id IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."webhook_delivery_of_operation"
        `);
    await queryRunner.query(`
            DROP TABLE "retention_progress"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."retention_due_next"
        `);
    await queryRunner.query(`
            DROP TABLE "retention_due"
        `);
    await queryRunner.query(`ALTER TABLE "operation" DROP COLUMN "stripped_at"`);
  }
}

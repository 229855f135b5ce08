import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRecheck1795633497200 implements MigrationInterface {
  name = 'AddRecheck1795633497200';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "operation"
            ADD "unconfirmed_since" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_unconfirmed" ON "operation" ("unconfirmed_since")
            WHERE unconfirmed_since IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "operation_by_kind" ON "operation" ("kind", "id")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."operation_by_kind"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."operation_unconfirmed"
        `);
    await queryRunner.query(`
            ALTER TABLE "operation" DROP COLUMN "unconfirmed_since"
        `);
  }
}

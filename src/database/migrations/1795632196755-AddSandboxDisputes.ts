import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddSandboxDisputes1795632196755 implements MigrationInterface {
  name = 'AddSandboxDisputes1795632196755';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry"
            ADD "disputed" bigint NOT NULL DEFAULT '0'
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_movement"
            ADD "taken_back_at" TIMESTAMP WITH TIME ZONE
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_movement" DROP COLUMN "taken_back_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "sandbox"."ledger_entry" DROP COLUMN "disputed"
        `);
  }
}

import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddFinishedIndex1795527329166 implements MigrationInterface {
  name = 'AddFinishedIndex1795527329166';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "operation_finished" ON "operation" USING brin ("finished_at")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."operation_finished"
        `);
  }
}

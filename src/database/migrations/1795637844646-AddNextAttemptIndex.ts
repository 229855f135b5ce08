import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddNextAttemptIndex1795637844646 implements MigrationInterface {
  name = 'AddNextAttemptIndex1795637844646';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "operation_next_attempt" ON "operation" ("next_attempt_at")
            WHERE next_attempt_at IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."operation_next_attempt"
        `);
  }
}

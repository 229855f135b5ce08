import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddWatchGeneration1795732000000 implements MigrationInterface {
  name = 'AddWatchGeneration1795732000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation" ADD "watch_generation" integer NOT NULL DEFAULT '0'`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation" DROP COLUMN "watch_generation"`);
  }
}

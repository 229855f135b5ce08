import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddProposedResolution1795710000000 implements MigrationInterface {
  name = 'AddProposedResolution1795710000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation" ADD "proposed_resolution" jsonb`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation" DROP COLUMN "proposed_resolution"`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddPaymentAccount1795733000000 implements MigrationInterface {
  name = 'AddPaymentAccount1795733000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "payment" ADD "account" text`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "payment" DROP COLUMN "account"`);
  }
}

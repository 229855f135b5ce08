import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Twelve digits, as rupiah have, are more than an integer holds. Both tables are rewritten, and locked meanwhile. */
export class WidenAmounts1795634400000 implements MigrationInterface {
  name = 'WidenAmounts1795634400000';

  public up(queryRunner: QueryRunner): Promise<void> {
    return this.changeTo('bigint', queryRunner);
  }

  public down(queryRunner: QueryRunner): Promise<void> {
    return this.changeTo('integer', queryRunner);
  }

  private async changeTo(type: 'bigint' | 'integer', queryRunner: QueryRunner): Promise<void> {
    const columns = ['authorised', 'captured', 'refunded'].map((name) => `ALTER COLUMN "${name}" TYPE ${type}`);
    await queryRunner.query(`ALTER TABLE "payment" ${columns.join(', ')}`);
    await queryRunner.query(`ALTER TABLE "payment_movement" ALTER COLUMN "amount" TYPE ${type}`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LeaseWorkers1795680000000 implements MigrationInterface {
  name = 'LeaseWorkers1795680000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "worker_lease" (
                "id" text NOT NULL,
                "held_until" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "worker_lease_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "worker_lease_by_held_until" ON "worker_lease" ("held_until")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."worker_lease_by_held_until"
        `);
    await queryRunner.query(`
            DROP TABLE "worker_lease"
        `);
  }
}

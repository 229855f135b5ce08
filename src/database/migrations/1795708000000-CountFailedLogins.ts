import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CountFailedLogins1795708000000 implements MigrationInterface {
  name = 'CountFailedLogins1795708000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "failed_login" (
                "key" text NOT NULL,
                "points" integer NOT NULL,
                "expire" bigint,
                CONSTRAINT "failed_login_pk" PRIMARY KEY ("key")
            )
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "failed_login"`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddProviderAccounts1795725000000 implements MigrationInterface {
  name = 'AddProviderAccounts1795725000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "provider_account" (
                "id" text NOT NULL,
                "tenant" uuid NOT NULL,
                "provider" text NOT NULL,
                "name" text NOT NULL,
                "credentials" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "disabled_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "provider_account_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "provider_account_in_use" ON "provider_account" ("tenant", "provider")
            WHERE disabled_at IS NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."provider_account_in_use"
        `);
    await queryRunner.query(`
            DROP TABLE "provider_account"
        `);
  }
}

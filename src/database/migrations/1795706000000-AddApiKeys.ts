import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddApiKeys1795706000000 implements MigrationInterface {
  name = 'AddApiKeys1795706000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "tenant" (
                "id" uuid NOT NULL,
                "name" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "tokens_valid_after" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "tenant_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "tenant_name" ON "tenant" ("name")
        `);
    // The tenant of everything that was started before there were tenants, or without credentials.
    await queryRunner.query(`
            INSERT INTO "tenant" ("id", "name", "created_at")
            VALUES ('00000000-0000-0000-0000-000000000000', 'default', now())
        `);
    await queryRunner.query(`
            CREATE TABLE "api_key" (
                "id" text NOT NULL,
                "tenant" uuid NOT NULL,
                "hash" bytea NOT NULL,
                "mode" text NOT NULL,
                "scopes" text array NOT NULL,
                "owner" text NOT NULL,
                "created_by" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE,
                "revoked_at" TIMESTAMP WITH TIME ZONE,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                "tokens_valid_after" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "api_key_makes_no_keys" CHECK (NOT 'keys:manage' = ANY (scopes)),
                CONSTRAINT "api_key_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "api_key_by_tenant" ON "api_key" ("tenant", "created_at", "id")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."api_key_by_tenant"
        `);
    await queryRunner.query(`
            DROP TABLE "api_key"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."tenant_name"
        `);
    await queryRunner.query(`
            DROP TABLE "tenant"
        `);
  }
}

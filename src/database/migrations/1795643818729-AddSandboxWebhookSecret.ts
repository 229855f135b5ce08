import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddSandboxWebhookSecret1795643818729 implements MigrationInterface {
  name = 'AddSandboxWebhookSecret1795643818729';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "sandbox"."webhook_secret" (
                "secret" text NOT NULL,
                CONSTRAINT "webhook_secret_pk" PRIMARY KEY ("secret")
            )
        `);
    // Of the database's generator for secrets.
    await queryRunner.query(`
            INSERT INTO "sandbox"."webhook_secret"
              VALUES ('whsec_' || replace(gen_random_uuid()::text || gen_random_uuid(), '-', ''))
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "sandbox"."webhook_secret"
        `);
  }
}

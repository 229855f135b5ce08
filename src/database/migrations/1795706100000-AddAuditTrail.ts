import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddAuditTrail1795706100000 implements MigrationInterface {
  name = 'AddAuditTrail1795706100000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "audit_event" (
                "id" uuid NOT NULL,
                "tenant" uuid NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "actor" text NOT NULL,
                "action" text NOT NULL,
                "subject" text NOT NULL,
                "request_id" text,
                "detail" jsonb NOT NULL,
                CONSTRAINT "audit_event_pk" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "audit_event_by_tenant" ON "audit_event" ("tenant", "id")
        `);
    // Append-only, by privilege; and by trigger, since a superuser has every privilege.
    await queryRunner.query(`REVOKE UPDATE, DELETE, TRUNCATE ON "audit_event" FROM CURRENT_USER, PUBLIC`);
    await queryRunner.query(`
            CREATE FUNCTION "audit_event_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              RAISE EXCEPTION 'The audit trail is only added to.' USING ERRCODE = 'insufficient_privilege';
            END $$
        `);
    await queryRunner.query(`
            CREATE TRIGGER "audit_event_is_kept" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_event"
            FOR EACH STATEMENT EXECUTE FUNCTION "audit_event_is_kept"()
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "audit_event"
        `);
    await queryRunner.query(`DROP FUNCTION "audit_event_is_kept"()`);
  }
}

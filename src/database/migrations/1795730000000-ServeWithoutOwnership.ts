import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the roles that serve need and may not do themselves. Their rights and policies: database/roles/. */
export class ServeWithoutOwnership1795730000000 implements MigrationInterface {
  name = 'ServeWithoutOwnership1795730000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // The first endpoint enables the trigger, which only the owner of the table may.
    await queryRunner.query(`
            CREATE FUNCTION "webhook_outbox_enable"() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
              ALTER TABLE public.operation_event ENABLE TRIGGER webhook_outbox_fill;
            END $$
        `);
    await queryRunner.query(`REVOKE EXECUTE ON FUNCTION "webhook_outbox_enable"() FROM PUBLIC`);
    // BullMQ makes a sequence for a queue when it first adds many jobs to it at once.
    await queryRunner.query(`
            CREATE FUNCTION "queue_prepare"(queue text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
              name text := format('bullmq.%I', bullmq.job_id_seq_name(queue));
            BEGIN
              IF to_regclass(name) IS NULL THEN
                -- Of processes that start together, IF NOT EXISTS may let two through.
                PERFORM pg_advisory_xact_lock(7305005);
                EXECUTE 'CREATE SEQUENCE IF NOT EXISTS ' || name;
                EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO outcome_hot', name);
              END IF;
            END $$
        `);
    await queryRunner.query(`REVOKE EXECUTE ON FUNCTION "queue_prepare"(text) FROM PUBLIC`);
    // PostgreSQL 14 has no views with the rights of their reader: this one holds the condition of the policies itself.
    await queryRunner.query(`
            CREATE VIEW "operation_of_tenant" WITH (security_barrier) AS
            SELECT id, tenant, kind, status, finished_at FROM operation
            WHERE tenant = (SELECT nullif(current_setting('outcome.tenant', true), '')::uuid)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP VIEW "operation_of_tenant"`);
    await queryRunner.query(`DROP FUNCTION "queue_prepare"(text)`);
    await queryRunner.query(`DROP FUNCTION "webhook_outbox_enable"()`);
    // Of a policy's table, nothing that it names can be dropped.
    await queryRunner.query(`
            DO $$
            DECLARE found record;
            BEGIN
              FOR found IN SELECT schemaname, tablename, policyname FROM pg_policies
                WHERE schemaname IN ('public', 'sandbox')
              LOOP
                EXECUTE format('DROP POLICY %I ON %I.%I', found.policyname, found.schemaname, found.tablename);
                EXECUTE format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY',
                  found.schemaname, found.tablename);
              END LOOP;
            END $$
        `);
  }
}

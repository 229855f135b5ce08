import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What clients name on the hot path is looked up by a role that sees no row by itself: these functions of the owner
 * show it the rows of pairs of tenant and id, of many tenants at once.
 */
export class LookUpForClients1795731000000 implements MigrationInterface {
  name = 'LookUpForClients1795731000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // PL/pgSQL keeps the plan; a function in SQL is planned at each call before PostgreSQL 18.
    await queryRunner.query(`
            CREATE FUNCTION "operations_of_tenants"(uuid[], uuid[]) RETURNS SETOF "operation"
            LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
              RETURN QUERY SELECT operation.* FROM unnest($1, $2) AS wanted (id, tenant)
              JOIN public.operation ON operation.id = wanted.id AND operation.tenant = wanted.tenant;
            END $$
        `);
    await queryRunner.query(`REVOKE EXECUTE ON FUNCTION "operations_of_tenants"(uuid[], uuid[]) FROM PUBLIC`);
    // Ids, tenants, versions after which to read, most events of each, and bytes of JSON with which a page ends.
    await queryRunner.query(`
            CREATE FUNCTION "events_of_tenants"(uuid[], uuid[], integer[], integer[], integer) RETURNS TABLE (
                place integer, operation_id uuid, version integer, type text, occurred_at timestamptz, snapshot jsonb,
                detail jsonb
            )
            LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            #variable_conflict use_column
            BEGIN
              RETURN QUERY SELECT given.place::integer, event.operation_id, event.version, event.type,
                event.occurred_at, event.snapshot, event.detail
              FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS given (id, tenant, after, most, place)
              JOIN public.operation ON operation.id = given.id AND operation.tenant = given.tenant,
              LATERAL (
                SELECT first.*, sum(octet_length(first.snapshot::text) +
                  coalesce(octet_length(first.detail::text), 0)) OVER (ORDER BY first.version)
                  - octet_length(first.snapshot::text) - coalesce(octet_length(first.detail::text), 0) AS bytes_before
                FROM (
                  SELECT * FROM public.operation_event AS stored
                  WHERE stored.operation_id = given.id AND stored.version > given.after
                  ORDER BY stored.version LIMIT given.most
                ) AS first
              ) AS event
              WHERE event.bytes_before < $5 ORDER BY given.place, event.version;
            END $$
        `);
    await queryRunner.query(`
            REVOKE EXECUTE ON FUNCTION "events_of_tenants"(uuid[], uuid[], integer[], integer[], integer) FROM PUBLIC
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION "events_of_tenants"(uuid[], uuid[], integer[], integer[], integer)`);
    await queryRunner.query(`DROP FUNCTION "operations_of_tenants"(uuid[], uuid[])`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** PostgreSQL may hash the whole event table for an EXISTS; a scalar subquery is looked up for each row. */
export class ReadStateByIndex1795670000000 implements MigrationInterface {
  name = 'ReadStateByIndex1795670000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE OR REPLACE VIEW "operation_state" AS
            SELECT id, kind, status, fence, finished_at, coalesce((
                SELECT bool_or(event.detail ->> 'answer' <> 'books_differ') FROM operation_event AS event
                WHERE event.operation_id = operation.id AND event.type = 'operation.answered_late'
            ), false) AS answered_late
            FROM operation
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE OR REPLACE VIEW "operation_state" AS
            SELECT id, kind, status, fence, finished_at, EXISTS (
                SELECT FROM operation_event AS event
                WHERE event.operation_id = operation.id AND event.type = 'operation.answered_late'
                    AND event.detail ->> 'answer' <> 'books_differ'
            ) AS answered_late
            FROM operation
        `);
  }
}

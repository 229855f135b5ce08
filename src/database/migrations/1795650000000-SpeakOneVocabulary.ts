import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The words of docs/glossary.md, and what the payment ledger may know of operations, which own the view. */
export class SpeakOneVocabulary1795650000000 implements MigrationInterface {
  name = 'SpeakOneVocabulary1795650000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "payment" RENAME COLUMN "authorised" TO "authorized";
            ALTER TABLE "sandbox"."ledger_entry" RENAME TO "charge";
            ALTER TABLE "sandbox"."charge" RENAME CONSTRAINT "ledger_entry_pk" TO "charge_pk";
            ALTER TABLE "sandbox"."charge"
            RENAME CONSTRAINT "ledger_entry_moves_what_there_is" TO "charge_moves_what_there_is";
            ALTER INDEX "sandbox"."ledger_entry_token" RENAME TO "charge_token";
            ALTER INDEX "sandbox"."ledger_entry_reference" RENAME TO "charge_reference";
            ALTER TABLE "sandbox"."ledger_movement" RENAME TO "movement";
            ALTER TABLE "sandbox"."movement" RENAME CONSTRAINT "ledger_movement_pk" TO "movement_pk";
            ALTER INDEX "sandbox"."ledger_movement_of_charge" RENAME TO "movement_of_charge"
        `);
    await queryRunner.query(`
            CREATE VIEW "operation_state" AS
            SELECT id, kind, status, attempt, finished_at, EXISTS (
                SELECT FROM operation_event AS event
                WHERE event.operation_id = operation.id AND event.type = 'operation.answered_late'
                    AND event.detail ->> 'answer' <> 'books_differ'
            ) AS answered_late
            FROM operation
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP VIEW "operation_state"`);
    await queryRunner.query(`
            ALTER INDEX "sandbox"."movement_of_charge" RENAME TO "ledger_movement_of_charge";
            ALTER TABLE "sandbox"."movement" RENAME CONSTRAINT "movement_pk" TO "ledger_movement_pk";
            ALTER TABLE "sandbox"."movement" RENAME TO "ledger_movement";
            ALTER INDEX "sandbox"."charge_reference" RENAME TO "ledger_entry_reference";
            ALTER INDEX "sandbox"."charge_token" RENAME TO "ledger_entry_token";
            ALTER TABLE "sandbox"."charge"
            RENAME CONSTRAINT "charge_moves_what_there_is" TO "ledger_entry_moves_what_there_is";
            ALTER TABLE "sandbox"."charge" RENAME CONSTRAINT "charge_pk" TO "ledger_entry_pk";
            ALTER TABLE "sandbox"."charge" RENAME TO "ledger_entry";
            ALTER TABLE "payment" RENAME COLUMN "authorized" TO "authorised"
        `);
  }
}

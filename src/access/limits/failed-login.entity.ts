import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many logins of an address, or for a key, failed within a minute. rate-limiter-flexible names the columns. */
@Entity('failed_login')
export class FailedLoginEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'failed_login_pk' })
  key!: string;

  @Column('integer')
  points!: number;

  /** In milliseconds since 1970. */
  @Column('bigint', { nullable: true })
  expire!: number | null;
}

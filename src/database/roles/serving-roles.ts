import { OperatorError } from '../../errors/operator-error.js';

/** What runs operations, for all tenants at once. It may call functions and use the queue, and touches no table. */
export const HOT = 'outcome_hot';

/** What the functions of the statements may do. Nobody logs in with it. */
export const WORK = 'outcome_work';

/** What answers questions of one tenant: it only reads, and sees the rows of the tenant that a transaction names. */
export const QUERY = 'outcome_query';

export const SERVING_ROLES = [HOT, QUERY] as const;
export type ServingRole = (typeof SERVING_ROLES)[number];

/** All roles of the service. */
export const ROLES = [...SERVING_ROLES, WORK] as const;
export type Role = (typeof ROLES)[number];

/** The service's roles cannot be made, or may more than the service may serve with. */
export class ServingRolesUnusable extends OperatorError {
  /** @param setting the one with the user that was to make it */
  static cannotMake(what: string, setting: string, reason: string): ServingRolesUnusable {
    return new ServingRolesUnusable(
      `It serves with logins of its own, which see no more than they must, and the user of ${setting} cannot make ` +
        `${what}: ${reason}. docs/access.md, "Roles of the database", says how to make them by hand.`,
    );
  }

  static because(setting: string, login: string, reason: string): ServingRolesUnusable {
    return new ServingRolesUnusable(
      `The login ${login} of ${setting} ${reason}. docs/access.md, "Roles of the database", says what it must be like.`,
    );
  }
}

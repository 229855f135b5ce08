/** What runs operations, for all tenants at once. */
export const HOT = 'outcome_hot';

/** What answers questions of one tenant: it only reads, and sees the rows of the tenant that a transaction names. */
export const QUERY = 'outcome_query';

export const SERVING_ROLES = [HOT, QUERY] as const;
export type ServingRole = (typeof SERVING_ROLES)[number];

/** The service's roles cannot be made, or may more than the service may serve with. */
export class ServingRolesUnusable extends Error {
  static cannotMake(what: string, reason: string): ServingRolesUnusable {
    return new ServingRolesUnusable(
      `It serves with logins of its own, which see no more than they must, and cannot make ${what}: ${reason}. ` +
        'docs/access.md, "Roles of the database", says how to make them by hand.',
    );
  }

  static because(setting: string, login: string, reason: string): ServingRolesUnusable {
    return new ServingRolesUnusable(
      `The login ${login} of ${setting} ${reason}. docs/access.md, "Roles of the database", says what it must be like.`,
    );
  }
}

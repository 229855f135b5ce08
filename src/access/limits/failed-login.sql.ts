import { statement } from '../../database/statement.js';

/** The statements of failed logins. Times are milliseconds since 1970. */

/** Counts $2 more under the key $1, or begins anew after the window: until $3; $4: now. */
export const COUNT = statement(
  'failed-login-count',
  `
INSERT INTO failed_login (key, points, expire) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET
  points = CASE WHEN failed_login.expire <= $4 THEN $2 ELSE failed_login.points + $2 END,
  expire = CASE WHEN failed_login.expire <= $4 THEN $3 ELSE failed_login.expire END
RETURNING points, expire`,
);

/** $2: now. */
export const FIND = statement(
  'failed-login-find',
  'SELECT points, expire FROM failed_login WHERE key = $1 AND (expire > $2 OR expire IS NULL)',
);

export const FORGET_OLD = statement(
  'failed-login-forget-old',
  'DELETE FROM failed_login WHERE expire < extract(epoch FROM now()) * 1000',
);

import { UsageError } from '../../command-line/usage-error.js';
import { type Tenant, TENANT_NAME, type Tenants } from './tenants.js';

/** What follows --tenant on a command line. @throws UsageError */
export function tenantNameIn(given: string): string {
  if (TENANT_NAME.test(given)) return given;
  throw new UsageError(`Expected --tenant, a name of small letters, digits and hyphens, found "${given}".`);
}

/** @param hint what else to do @throws UsageError */
export async function tenantNamed(name: string, tenants: Tenants, hint = ''): Promise<Tenant> {
  const tenant = await tenants.find(name);
  if (tenant) return tenant;
  const names = (await tenants.list()).map((each) => each.name);
  throw new UsageError(`There is no tenant "${name}", only ${names.join(', ')}. ${hint}`.trim());
}

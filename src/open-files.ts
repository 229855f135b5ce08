/** The limits that Node reports, if the system has them. */
interface Limits {
  userLimits?: { open_files?: { soft: number | 'unlimited' } };
}

/**
 * With 400 open files the service cannot load its own code, with 512 it starts; its connections to the database and one
 * for each client come on top.
 */
const NEEDED = 1024;

/**
 * Why the service cannot run under this process's limit of open files, if it cannot. Node has already raised the limit
 * as far as allowed.
 */
export function tooFewOpenFiles(report = process.report.getReport() as Limits): string | undefined {
  const { soft } = report.userLimits?.open_files ?? { soft: 'unlimited' };
  if (soft === 'unlimited' || soft >= NEEDED) return undefined;
  return (
    `It needs ${NEEDED} open files, each connection being one, and may have ${soft}. Raise the limit: ulimit -n ` +
    `${NEEDED}, or LimitNOFILE= under systemd.`
  );
}

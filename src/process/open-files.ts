/** The limits of the process report, if the system has them. */
interface Limits {
  userLimits?: { open_files?: { soft: number | 'unlimited' } };
}

/**
 * The service cannot load its own code with 400 open files and starts with 512; its database connections and one
 * connection per client come on top.
 */
const NEEDED = 1024;

/**
 * Why this process's limit of open files is too low, or undefined. Node has already raised the limit as far as allowed.
 */
export function tooFewOpenFiles(report = process.report.getReport() as Limits): string | undefined {
  const { soft } = report.userLimits?.open_files ?? { soft: 'unlimited' };
  if (soft === 'unlimited' || soft >= NEEDED) return undefined;
  return (
    `It needs ${NEEDED} open files, each connection being one, and may have ${soft}. Raise the limit: ulimit -n ` +
    `${NEEDED}, or LimitNOFILE= under systemd.`
  );
}

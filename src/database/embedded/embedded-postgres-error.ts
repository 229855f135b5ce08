import { OperatorError } from '../../errors/operator-error.js';

/** Why the embedded server cannot serve, as one sentence for the operator. */
export class EmbeddedPostgresError extends OperatorError {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** Ends once there is free space, however long that takes. */
export class DiskFull extends EmbeddedPostgresError {
  static holding(folder: string, options?: ErrorOptions): DiskFull {
    return new DiskFull(
      `The disk that holds ${folder} is full. Free some space, or set DATA_DIR to a folder on another disk.`,
      options,
    );
  }
}

const POSTGRES_DISK_FULL = '53100';

/**
 * Translates an error of the file system or the server into its meaning for the data folder; returns any other error as
 * it is.
 */
export function asSentence(error: unknown, dataDir: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const explained = (sentence: string): EmbeddedPostgresError => new EmbeddedPostgresError(sentence, { cause: error });
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return explained(
        `DATA_DIR must be a folder, and ${dataDir} is a file or lies under one (${message}). Set DATA_DIR to a folder.`,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
      return explained(
        `DATA_DIR must be a folder that Outcome may write, and ${dataDir} is not (${message}). Change its ` +
          'permissions, or set DATA_DIR to another folder.',
      );
    case 'EMFILE':
    case 'ENFILE':
      return explained(
        `This process, or its machine, has too many files open (${message}). Raise the limit: ulimit -n.`,
      );
    case 'ENOSPC':
    case 'EDQUOT':
    case POSTGRES_DISK_FULL:
      return DiskFull.holding(dataDir, { cause: error });
    default:
      return explained(`The data folder ${dataDir} cannot be used: ${message}. Set DATA_DIR to another folder.`);
  }
}

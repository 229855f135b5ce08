import { eraseCommand } from './retention/erase-command.js';
import { showSourceInStacks } from './process/source-maps.js';
import { STATEMENTS } from './statements.js';

showSourceInStacks();
process.exitCode = await eraseCommand(process.argv.slice(2), process.env, STATEMENTS);

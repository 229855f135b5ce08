import { keysCommand } from './access/keys/keys-command.js';
import { showSourceInStacks } from './process/source-maps.js';
import { STATEMENTS } from './statements.js';

showSourceInStacks();
process.exitCode = await keysCommand(process.argv.slice(2), process.env, STATEMENTS);

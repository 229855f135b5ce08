import { eraseCommand } from './retention/erase-command.js';
import { showSourceInStacks } from './source-maps.js';

showSourceInStacks();
process.exitCode = await eraseCommand(process.argv.slice(2), process.env);

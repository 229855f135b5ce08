import { accountsCommand } from './payments/accounts/accounts-command.js';
import { showSourceInStacks } from './process/source-maps.js';
import { STATEMENTS } from './statements.js';

showSourceInStacks();
process.exitCode = await accountsCommand(process.argv.slice(2), process.env, STATEMENTS, process.stdin);

import { showSourceInStacks } from './process/source-maps.js';
import { tooFewOpenFiles } from './process/open-files.js';
import './process/stop-signals.js';

const reason = tooFewOpenFiles();
if (reason) {
  console.error(`Outcome cannot start. ${reason}`);
  process.exit(1);
}
showSourceInStacks();
// Imported last: loading the rest opens many files at once.
await import('./bootstrap.js');

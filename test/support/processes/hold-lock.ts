import {acquireProcessLock} from '../../../source/platform/process-lock.js';

await acquireProcessLock(String(process.argv[2]));
process.stdout.write('locked\n');
setTimeout(() => {}, 60_000);

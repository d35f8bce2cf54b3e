import {setTimeout as sleep} from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import {acquireProcessLock} from '../../../source/platform/process-lock.js';

await acquireProcessLock(String(process.argv[2]));
// Nothing here refers to the lock any more; it is held all the same.
v8.setFlagsFromString('--expose-gc');
for (let round = 0; round < 3; round++) {
	vm.runInNewContext('gc')();
	await sleep(10);
}

process.stdout.write('locked\n');
setTimeout(() => {}, 60_000);

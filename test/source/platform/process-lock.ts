import path from 'node:path';
import test from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {acquireProcessLock} from '../../../source/platform/process-lock.js';
import {startChild, supportProcess} from '../../support/child-process.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

test('a second process is refused while the first lives, and gets in once it was killed', async t => {
	const file = path.join(await temporaryFolder(t), 'run', 'discovery.lock');
	const holder = startChild(t, supportProcess('hold-lock'), {args: [file]});
	await holder.printed('locked');

	const error = await t.throwsAsync(acquireProcessLock(file), {code: 'ALREADY_RUNNING'});
	t.true(error?.message.includes(file));
	t.is((error as {exitCode?: number} | undefined)?.exitCode, exitCodes.conflict);

	await holder.kill();
	const lock = await acquireProcessLock(file);
	await lock.release();
});

test('a released lock is free for another process', async t => {
	const file = path.join(await temporaryFolder(t), 'some.lock');
	const lock = await acquireProcessLock(file);
	await lock.release();
	const next = startChild(t, supportProcess('hold-lock'), {args: [file]});
	await t.notThrowsAsync(next.printed('locked'));
});

test('of many that ask at once exactly one gets the lock', async t => {
	const file = path.join(await temporaryFolder(t), 'some.lock');
	const asked = await Promise.allSettled(Array.from({length: 5}, async () => acquireProcessLock(file)));
	const winners = asked.filter(answer => answer.status === 'fulfilled');
	t.is(winners.length, 1);
	await winners[0]?.value.release();
});

test('locks of two daemons do not meet', async t => {
	const folder = await temporaryFolder(t);
	const locks = await Promise.all(
		['a', 'b'].map(async name => acquireProcessLock(path.join(folder, `${name}.lock`))),
	);
	await t.notThrowsAsync(Promise.all(locks.map(async lock => lock.release())));
});

import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {
	findProcesses,
	isProcessAlive,
	killProcess,
	waitUntilProcessGone,
} from '../../../source/platform/process.js';
import {eventually, whenTrue} from '../../support/waiting.js';

async function sleeper(t: ExecutionContext): Promise<number> {
	const child = spawn('sleep', ['100'], {stdio: 'ignore'});
	t.teardown(() => child.kill('SIGKILL'));
	await once(child, 'spawn');
	return child.pid ?? 0;
}

test('a process is alive until it is killed', async t => {
	const pid = await sleeper(t);
	t.true(await isProcessAlive(pid));
	await killProcess(pid);
	t.false(await isProcessAlive(pid));
});

test('killing what is gone already is fine', async t => {
	const pid = await sleeper(t);
	await killProcess(pid);
	await t.notThrowsAsync(killProcess(pid));
});

test('another process that got the number is not taken for the one that had it', async t => {
	const pid = await sleeper(t);
	await eventually('the process has its own command line', async () =>
		whenTrue(await isProcessAlive(pid, 'sleep')),
	);
	t.false(await isProcessAlive(pid, 'qemu-system'));
});

test('a zombie is not alive', async t => {
	// A shell that becomes a program which never collects its child; the child ends when its input does, and not before.
	const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 100'], {
		stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
	});
	t.teardown(() => parent.kill('SIGKILL'));
	const [printed] = await once(parent.stdout ?? parent, 'data');
	const pid = Number(String(printed).trim());
	await eventually('the shell has become the other program', async () =>
		whenTrue((await fs.readFile(`/proc/${parent.pid}/cmdline`, 'utf8')).startsWith('sleep')),
	);
	parent.stdio[3]?.destroy();
	await eventually('it is a zombie', async () =>
		whenTrue((await fs.readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z ')),
	);
	t.false(await isProcessAlive(pid));
});

test('waiting for a process that stays says so when time is up', async t => {
	const pid = await sleeper(t);
	t.false(await waitUntilProcessGone(pid, 50));
});

test('a process is found by the path it names, whole and from its beginning', async t => {
	const folder = `/golem-test/${randomUUID()}`;
	const named = [`${folder}/a.sock`, `path=${folder}/a.sock`, `unix:${folder}/a.sock,server=on`].map(
		argument => startNaming(t, argument),
	);
	const others = [`/elsewhere${folder}/a.sock`, `${folder}-2/a.sock`].map(argument =>
		startNaming(t, argument),
	);
	await eventually('all have begun', async () =>
		whenTrue(
			(await Promise.all([...named, ...others].map(({pid}) => isProcessAlive(pid ?? 0, 'a.sock')))).every(
				Boolean,
			),
		),
	);
	t.deepEqual(
		(await findProcesses(`${folder}/`)).map(({pid}) => pid).sort(),
		named.map(({pid}) => pid ?? 0).sort(),
	);
});

test('a process that went into a mount namespace of its own is only found by who says that it does so', async t => {
	const folder = `/golem-test/${randomUUID()}`;
	if (process.getuid?.() !== 0) {
		// Without root it cannot be made; whoever is not hidden is found both ways.
		const plain = startNaming(t, `${folder}/a.sock`);
		await eventually('it has begun', async () => whenTrue(await isProcessAlive(plain.pid ?? 0, 'a.sock')));
		t.is((await findProcesses(`${folder}/`, {hidesItself: true})).length, 1);
		return;
	}

	const hidden = spawn('unshare', ['--mount', 'sh', '-c', 'read line', `${folder}/a.sock`], {
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	t.teardown(() => hidden.kill('SIGKILL'));
	await eventually('it is in its namespace', async () =>
		whenTrue(
			(await fs.readlink(`/proc/${hidden.pid}/ns/mnt`)) !== (await fs.readlink('/proc/self/ns/mnt')) &&
				(await isProcessAlive(hidden.pid ?? 0, 'a.sock')),
		),
	);
	t.deepEqual(await findProcesses(`${folder}/`), []);
	t.deepEqual(
		(await findProcesses(`${folder}/`, {hidesItself: true})).map(({pid}) => pid),
		[hidden.pid],
	);
});

function startNaming(t: ExecutionContext, argument: string) {
	const child = spawn('sh', ['-c', 'read line', 'waiting', argument], {stdio: ['pipe', 'ignore', 'ignore']});
	t.teardown(() => child.kill('SIGKILL'));
	return child;
}

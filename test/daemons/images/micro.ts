import {access, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import pty from 'node-pty';
import {findImage, type InstalledImage, verifyImage} from '../../../daemons/images/image.js';
import type {ImageEvent} from '../../../daemons/images/main.js';
import {Vm, waitUntil} from './_vm.js';

// Real builds and real VMs on an emulated processor, one after another: two at once would slow each other down.

const project = path.resolve(import.meta.dirname, '../../..');
const scratch = await mkdtemp(path.join(tmpdir(), 'golem-images-'));
const imagesFolder = path.join(scratch, 'images');
let image: InstalledImage;

type User = {uid?: number; gid?: number};

function runMain(command: string, user: User = {}) {
	const main = path.join(project, 'daemons/images/main.ts');
	const args = ['--import=tsx', main, command, 'micro', '--images-folder', imagesFolder];
	return execa(process.execPath, args, {cwd: project, reject: false, lines: true, ...user});
}

// Somebody other than root, if that user can read the project: what they build belongs to the guest's root all the same.
async function ordinaryUser(): Promise<User> {
	if (process.getuid?.() !== 0) return {};
	const nobody = {uid: 65_534, gid: 65_534};
	const reading = await execa('cat', [path.join(project, 'package.json')], {reject: false, ...nobody});
	if (reading.failed) return {};
	await execa('chown', ['65534:65534', scratch]);
	return nobody;
}

/** Lends a VM, which is not started yet. */
async function withVm(
	t: ExecutionContext,
	options: {address?: string; withHostKey?: boolean},
	use: (vm: Vm) => Promise<void>,
): Promise<void> {
	const folder = await mkdtemp(path.join(scratch, 'vm-'));
	const vm = await Vm.create(image, folder, options);
	try {
		await use(vm);
	} catch (error) {
		t.log(await vm.console());
		throw error;
	} finally {
		await vm.kill();
		await rm(folder, {recursive: true});
	}
}

async function withStartedVm(t: ExecutionContext, use: (vm: Vm) => Promise<void>): Promise<void> {
	await withVm(t, {}, async vm => {
		await vm.start();
		await use(vm);
	});
}

test.before(async t => {
	t.timeout(180_000);
	const {stdout, stderr} = await runMain('build', await ordinaryUser());
	const events: ImageEvent[] = stdout.map(line => JSON.parse(line));
	const last = events.at(-1);
	if (last?.type !== 'done' || last.image === null) throw new Error([...stdout, ...stderr].join('\n'));
	image = last.image;
});

test.after.always(async () => rm(scratch, {recursive: true, force: true}));

test.serial('a built image is found, and is what was built', async t => {
	t.deepEqual(await findImage(imagesFolder, 'micro'), image);
	await t.notThrowsAsync(verifyImage(image));

	const {stdout} = await runMain('find');
	t.deepEqual(
		stdout.map(line => JSON.parse(line)),
		[{type: 'done', image}],
	);
	t.deepEqual(
		(await readdir(path.join(imagesFolder, 'micro'))).toSorted(),
		[path.basename(image.folder), 'current.json'].toSorted(),
	);
});

test.serial('an interrupted build leaves nothing behind, and the image before it current', async t => {
	const before = await readdir(path.join(imagesFolder, 'micro'));
	const build = runMain('build');
	for await (const line of build) {
		if (line.includes('"packages"')) build.kill('SIGTERM');
	}

	const {exitCode, stdout} = await build.catch(error => error);
	t.is(exitCode, 130);
	t.like(JSON.parse(stdout.at(-1)), {type: 'error', error: {code: 'IMAGE_BUILD_ABORTED'}});
	t.deepEqual(await readdir(path.join(imagesFolder, 'micro')), before);
	t.is((await findImage(imagesFolder, 'micro'))?.folder, image.folder);
});

test.serial('a VM lets in its tenant and nobody else, under the host key of the seed', async t => {
	await withStartedVm(t, async vm => {
		const {stdout} = await vm.ssh('id -un; hostname; nproc; which ip scp resize2fs | wc -l');
		t.deepEqual(stdout.split('\n'), ['ubuntu', 'tenants-vm', '1', '3']);

		const refused = [await vm.ssh('id', {key: 'stranger'}), await vm.ssh('id', {user: 'root'})];
		for (const {exitCode, stderr} of refused) {
			t.is(exitCode, 255);
			t.regex(stderr, /Permission denied \(publickey\)/);
		}

		const scan = await execa('ssh-keyscan', [
			'-T',
			'30',
			'-t',
			'ed25519',
			'-p',
			String(vm.sshPort),
			'127.0.0.1',
		]);
		t.deepEqual(
			scan.stdout.split('\n').map(line => line.replace(/^\S+ /, '')),
			[vm.hostKey],
		);

		t.regex(await vm.console(), /^golem: ready\r?\n$/);
		t.is(await vm.agentExec('/bin/sh', '-c', "find / -xdev ! -user 0 | grep -v '^/home/ubuntu'"), '');
	});
});

test.serial('a terminal shows the welcome, has its size, and Ctrl-C interrupts', async t => {
	await withStartedVm(t, async vm => {
		const terminal = pty.spawn('ssh', [...vm.sshOptions(), 'ubuntu@127.0.0.1'], {cols: 101, rows: 37});
		let screen = '';
		terminal.onData(data => {
			screen += data;
		});
		const shows = async (pattern: RegExp) =>
			waitUntil(`${pattern} shows`, 20_000, async () => pattern.test(screen));
		try {
			await shows(/Welcome to your Golem VM.*ubuntu@tenants-vm:~\$ /s);
			terminal.write('stty size\r');
			await shows(/37 101/);
			terminal.resize(90, 30);
			// The size goes to ssh as a signal, so it may come after the next key.
			await waitUntil('the new size has arrived', 20_000, async () => {
				terminal.write('stty size\r');
				await delay(100);
				return /30 90/.test(screen);
			});
			terminal.write('echo begin; sleep 1000\r');
			await shows(/^begin/m);
			terminal.write('\u0003');
			terminal.write('echo interrupted: $?\r');
			await shows(/interrupted: 130/);
			t.pass();
		} finally {
			terminal.kill();
		}
	});
});

test.serial('rsync works in the guest, whichever end it is', async t => {
	await withStartedVm(t, async vm => {
		const {stdout, stderr} = await vm.ssh('rsync -a /etc/os-release copy && cat copy');
		t.regex(stdout, /^ID=golem-micro$/m, stderr);
	});
});

test.serial('files go in and out with sftp and both protocols of scp', async t => {
	await withStartedVm(t, async vm => {
		const content = 'golem '.repeat(100_000);
		await writeFile(vm.file('sent'), content);
		for (const protocol of [['-s'], ['-O']]) {
			const options = [...protocol, ...vm.sshOptions()];
			await execa('scp', [...options, vm.file('sent'), 'ubuntu@127.0.0.1:there']);
			await execa('scp', [...options, 'ubuntu@127.0.0.1:there', vm.file('received')]);
			t.is(await readFile(vm.file('received'), 'utf8'), content);
			await rm(vm.file('received'));
		}

		const input = `get there ${vm.file('received')}\n`;
		await execa('sftp', ['-b', '-', ...vm.sshOptions(), 'ubuntu@127.0.0.1'], {input});
		t.is(await readFile(vm.file('received'), 'utf8'), content);
	});
});

test.serial('a larger disk is grown into, and files survive power button, power cut and reboot', async t => {
	await withStartedVm(t, async vm => {
		await waitUntil('the filesystem has grown', 20_000, async () => {
			const {stdout} = await vm.ssh("df -k / | awk 'END {print $2}'");
			return Number(stdout) > 11.5 * 1024 * 1024;
		});

		await vm.ssh('echo first >kept');
		await vm.qmp('system_powerdown');
		t.true((await vm.waitForEnd()) < 2000);

		await vm.start();
		t.is((await vm.ssh('cat kept')).stdout, 'first');
		await vm.ssh('echo second >>kept; sync');
		await vm.kill();

		await vm.start();
		t.is((await vm.ssh('cat kept')).stdout, 'first\nsecond');
		await vm.agent('guest-exec', {path: '/sbin/reboot'});
		await vm.waitForConsole(/golem: ready.*golem: ready/s);
		t.is((await vm.ssh('cat kept')).stdout, 'first\nsecond');
	});
});

test.serial('the guest agent answers, runs programs, reads files and shuts down', async t => {
	await withStartedVm(t, async vm => {
		t.deepEqual(await vm.agent('guest-ping'), {});
		t.is(await vm.agentExec('/bin/sh', '-c', 'id -un; . /etc/os-release; echo $NAME'), 'root\nGolem micro\n');
		const handle = await vm.agent('guest-file-open', {path: '/etc/hostname', mode: 'r'});
		const content = Buffer.from('tenants-vm\n').toString('base64');
		t.like(await vm.agent('guest-file-read', {handle}), {'buf-b64': content});

		// It may not answer this one, since it ends with the guest.
		vm.agent('guest-shutdown').catch(() => undefined);
		t.true((await vm.waitForEnd()) < 2000);
	});
});

test.serial('a program that ignores being told to end does not keep the guest on', async t => {
	await withStartedVm(t, async vm => {
		await vm.ssh(`sh -c 'trap "" TERM; sleep 1000' >/dev/null 2>&1 &`);
		await vm.qmp('system_powerdown');
		t.true((await vm.waitForEnd()) < 3000);
	});
});

test.serial('the seed says which address the guest has', async t => {
	await withVm(t, {address: '10.0.2.77'}, async vm => {
		await vm.start();
		t.regex((await vm.ssh('ip address show eth0')).stdout, /inet 10\.0\.2\.77\/24/);
	});
});

test.serial('a guest that cannot start says why and powers off', async t => {
	await withVm(t, {withHostKey: false}, async vm => {
		await t.throwsAsync(vm.start(), {message: /golem: failed: the seed has no SSH host key/});
		await vm.waitForEnd();
	});
});

test.serial('another build leaves the one before it in place for the VMs on it', async t => {
	await runMain('build');
	t.not((await findImage(imagesFolder, 'micro'))?.folder, image.folder);
	await t.notThrowsAsync(access(path.join(image.folder, image.disk.file)));
	await t.notThrowsAsync(verifyImage(image));
});

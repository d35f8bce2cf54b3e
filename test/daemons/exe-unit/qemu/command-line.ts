import {spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import fc from 'fast-check';
import {
	type QemuCommandLineOptions,
	qemuCommandLine,
} from '../../../../daemons/exe-unit/qemu/command-line.js';
import {readQemuVersion} from '../../../../daemons/exe-unit/qemu/qemu-driver.js';
import {connectQmp} from '../../../../daemons/exe-unit/qemu/qmp.js';
import {findImage, type InstalledImage} from '../../../../daemons/images/image.js';
import {qemuProgram} from '../../../../source/platform/qemu-program.js';
import {sharedImages} from '../../../support/images.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually} from '../../../support/waiting.js';

const image = {
	folder: '/images/micro',
	kernel: 'kernel',
	initrd: 'initrd',
	kernelArguments: 'quiet',
	tcgKernelArguments: 'nokaslr',
} as InstalledImage;

const filesIn = (folder: string) => ({
	disk: path.join(folder, 'disk.qcow2'),
	seed: path.join(folder, 'seed.tar'),
	processId: path.join(folder, 'qemu.pid'),
	monitor: path.join(folder, 'q'),
	console: path.join(folder, 't'),
	agent: path.join(folder, 'a'),
	uplink: undefined,
});

const options = (change: Partial<QemuCommandLineOptions> = {}): QemuCommandLineOptions => ({
	spec: {vm_id: 'golem-web-20260101-000000', resources: {cpu: 2, memory: 4, storage: 20}},
	image,
	files: filesIn('/vms/web'),
	accelerator: {kind: 'tcg', reason: 'none'},
	dropTo: undefined,
	qemuVersion: 7.02,
	...change,
});

/** Every value of an argument that may be given more than once. */
function valuesOf(args: string[], name: string): string[] {
	return args.flatMap((argument, index) => (argument === name ? [args[index + 1] ?? ''] : []));
}

/** As QEMU reads an option list: a comma ends an option, two of them are one in it. */
function readOptions(list: string): Map<string, string> {
	const parts = list.replaceAll(',,', '\0').split(',');
	return new Map(
		parts.map(part => {
			const [key = '', ...value] = part.replaceAll('\0', ',').split('=');
			return [key, value.join('=')];
		}),
	);
}

test('the guest gets the cores and the memory of its VM', t => {
	const args = qemuCommandLine(options());
	t.deepEqual(valuesOf(args, '-smp'), ['2']);
	t.deepEqual(valuesOf(args, '-m'), ['4G']);
});

test('the guest’s card leads nowhere but to its SSH port, on a free port of the loopback', t => {
	const [network = ''] = valuesOf(qemuCommandLine(options()), '-netdev');
	t.like(Object.fromEntries(readOptions(network)), {
		restrict: 'on',
		ipv6: 'off',
		hostfwd: 'tcp:127.0.0.1:0-:22',
	});
	t.is(valuesOf(qemuCommandLine(options()), '-netdev').length, 1, 'and without an uplink it has no other');
});

test('QEMU cannot start another program, and gives up its rights where it has any', t => {
	const asUser = qemuCommandLine(options());
	t.like(Object.fromEntries(readOptions(valuesOf(asUser, '-sandbox')[0] ?? '')), {
		spawn: 'deny',
		elevateprivileges: 'deny',
	});
	t.deepEqual(valuesOf(asUser, '-runas'), []);
	t.deepEqual(valuesOf(qemuCommandLine(options({dropTo: 1_234_567})), '-runas'), ['1234567:1234567']);
	t.deepEqual(valuesOf(qemuCommandLine(options({dropTo: 1_234_567, qemuVersion: 9.01})), '-run-with'), [
		'user=1234567:1234567',
	]);
});

test('what is fast but open is only for an emulated processor', t => {
	const append = (kind: 'kvm' | 'tcg') =>
		valuesOf(qemuCommandLine(options({accelerator: {kind}})), '-append');
	t.deepEqual(append('tcg'), ['quiet nokaslr']);
	t.deepEqual(append('kvm'), ['quiet']);
});

test('no path of the host can slip an option of its own in', t => {
	const folder = fc
		.array(fc.oneof(fc.constantFrom(',', ',,', '=', 'readonly=on', ' ', '%'), fc.string({maxLength: 4})), {
			minLength: 1,
			maxLength: 6,
		})
		.map(parts => `/home/${parts.join('').replaceAll(/[/\0]/g, '_')}`);
	fc.assert(
		fc.property(folder, home => {
			const files = {...filesIn(home), uplink: `${home}/u`};
			const args = qemuCommandLine(options({files}));
			const drive = readOptions(valuesOf(args, '-drive')[0] ?? '');
			t.deepEqual([...drive.keys()], ['file', 'if', 'id', 'format', 'discard']);
			t.is(drive.get('file'), files.disk);
			t.is(readOptions(valuesOf(args, '-fw_cfg')[0] ?? '').get('file'), files.seed);
			t.deepEqual(
				valuesOf(args, '-chardev').map(list => readOptions(list).get('path')),
				[files.console, files.agent],
			);
			const [monitor = ''] = readOptions(valuesOf(args, '-qmp')[0] ?? '').keys();
			t.is([...readOptions(valuesOf(args, '-qmp')[0] ?? '').keys()].length, monitor === '' ? 0 : 3);
			t.is(readOptions(valuesOf(args, '-netdev')[1] ?? '').get('addr.path'), files.uplink);
			t.is(valuesOf(args, '-kernel')[0], '/images/micro/kernel');
		}),
	);
});

test('a real QEMU opens the very files it was given, whatever their folder is called', async t => {
	const folder = path.join(await temporaryFolder(t), 'a,b=c,readonly=on');
	await fs.mkdir(folder);
	const installed = await findImage(await sharedImages(), 'micro');
	if (!installed) {
		throw new Error('There is no image.');
	}

	const files = filesIn(folder);
	await fs.writeFile(files.seed, 'seed');
	await execa('qemu-img', ['create', '-q', '-f', 'qcow2', files.disk, '1G']);
	const binary = qemuProgram;
	const args = qemuCommandLine(
		options({
			files,
			image: installed,
			spec: {...options().spec, resources: {cpu: 1, memory: 1, storage: 1}},
			qemuVersion: await readQemuVersion(binary),
		}),
	);
	// Paused: it is about what it opens, not about what runs in it.
	const qemu = spawn(binary, [...args, '-S'], {stdio: ['ignore', 'ignore', 'pipe'], cwd: '/'});
	t.teardown(() => qemu.kill('SIGKILL'));
	let said = '';
	qemu.stderr.setEncoding('utf8').on('data', (text: string) => {
		said += text;
	});
	const qmp = await eventually(
		'QEMU opens its monitor',
		() => {
			if (qemu.exitCode !== null) {
				throw new Error(`QEMU ended: ${said}`);
			}

			return connectQmp(files.monitor).catch(() => undefined);
		},
		15_000,
	);
	t.teardown(() => qmp.close());
	const blocks = (await qmp.execute('query-block')) as Array<{inserted: {file: string; ro: boolean}}>;
	t.is(blocks[0]?.inserted.file, files.disk);
	t.false(blocks[0]?.inserted.ro);
	t.like(await qmp.execute('query-status'), {status: 'prelaunch'});
	t.is(await fs.readFile(files.processId, 'utf8'), `${qemu.pid}\n`);
	await t.throwsAsync(qmp.execute('no-such-command'), {code: 'QMP_FAILED'});
	await qmp.execute('quit');
	await qmp.closed;
});

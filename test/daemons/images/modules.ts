import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {collectModules, moduleDependencies} from '../../../daemons/images/modules.js';

const module = (...depends: string[]) =>
	Buffer.from(`\x7fELF\0license=GPL\0depends=${depends.join(',')}\0name=x\0`);

async function withModules(
	files: Record<string, Buffer>,
	use: (folder: string) => Promise<void>,
): Promise<void> {
	const folder = await mkdtemp(path.join(tmpdir(), 'golem-modules-'));
	try {
		for (const [name, content] of Object.entries({
			...files,
			'modules.builtin': Buffer.from('kernel/fs/ext4.ko\n'),
		})) {
			await mkdir(path.dirname(path.join(folder, name)), {recursive: true});
			await writeFile(path.join(folder, name), content);
		}

		await use(folder);
	} finally {
		await rm(folder, {recursive: true});
	}
}

const options = {busybox: 'busybox', signal: undefined};

test('modules come after what they depend on, each once, whatever their files are called', async t => {
	const files = {
		'kernel/net/virtio_net.ko': module('virtio_ring', 'virtio'),
		'kernel/char/virtio-rng.ko': module('virtio'),
		'kernel/virtio/virtio_ring.ko': module('virtio', 'ext4'),
		'kernel/virtio/virtio.ko.gz': gzipSync(module()),
	};
	await withModules(files, async folder => {
		const modules = await collectModules(folder, ['virtio_net', 'virtio_rng', 'ext4'], options);
		t.deepEqual(
			modules.map(({name}) => name),
			['virtio', 'virtio_ring', 'virtio_net', 'virtio_rng'],
		);
		t.deepEqual(modules[0]?.content, module());
	});
});

test('a module that the kernel does not have is an error', async t => {
	await withModules({'kernel/a.ko': module('missing')}, async folder => {
		await t.throwsAsync(collectModules(folder, ['a'], options), {message: /no module missing/});
	});
});

test('a module without dependencies has none', t => {
	t.deepEqual(moduleDependencies(module()), []);
	t.deepEqual(moduleDependencies(Buffer.from('no modinfo')), []);
});

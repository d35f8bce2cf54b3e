import {access, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {hostArchitecture} from '../../../daemons/images/architecture.js';
import {openBuildFolder} from '../../../daemons/images/build-folder.js';
import {catalogue} from '../../../daemons/images/catalogue.js';
import {
	findImage,
	hashFile,
	type Image,
	type InstalledImage,
	isOfOtherRecipe,
	readImage,
	verifyImage,
} from '../../../daemons/images/image.js';

async function makeFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'golem-images-'));
	t.teardown(async () => rm(folder, {recursive: true}));
	return folder;
}

/** Publishes an image of small files, as a build would. */
async function publish(imagesFolder: string, changes: Partial<Image> = {}): Promise<InstalledImage> {
	const build = await openBuildFolder(imagesFolder, 'micro');
	const names = ['kernel', 'initrd', 'disk.qcow2'];
	for (const name of names) await writeFile(path.join(build.output, name), `the ${name}`);
	const hashes = names.map(async name => [name, await hashFile(path.join(build.output, name))] as const);
	const image: Image = {
		name: 'micro',
		description: 'For tests',
		recipe: catalogue.get('micro')?.recipe ?? '',
		arch: hostArchitecture(),
		kernelVersion: '6.1.0',
		builtAt: '2026-01-02T03:04:05.678Z',
		kernel: 'kernel',
		kernelFormat: 'pvh',
		initrd: 'initrd',
		disk: {file: 'disk.qcow2', format: 'qcow2', sizeGb: 10},
		kernelArguments: 'quiet',
		tcgKernelArguments: 'nokaslr',
		sshUser: 'ubuntu',
		files: Object.fromEntries(await Promise.all(hashes)),
		...changes,
	};
	const installed = await build.publish(image);
	await build.discard();
	return installed;
}

test('an image that was published is found, where nothing was none is', async t => {
	const folder = await makeFolder(t);
	t.is(await findImage(folder, 'micro'), undefined);
	const image = await publish(folder);
	t.deepEqual(await findImage(folder, 'micro'), image);
	await t.notThrowsAsync(verifyImage(image));
});

test('the build published last is the current one, and those before stay', async t => {
	const folder = await makeFolder(t);
	const first = await publish(folder);
	const second = await publish(folder);
	t.not(first.folder, second.folder);
	t.is((await findImage(folder, 'micro'))?.folder, second.folder);
	t.deepEqual(await readImage(first.folder), first);
	await t.notThrowsAsync(verifyImage(first));
});

test('an image of another recipe or architecture, or with a file missing, is not found', async t => {
	const folder = await makeFolder(t);
	t.false(await isOfOtherRecipe(folder, 'micro'));
	await publish(folder, {recipe: 'older'});
	t.is(await findImage(folder, 'micro'), undefined);
	t.true(await isOfOtherRecipe(folder, 'micro'));
	await publish(folder, {arch: hostArchitecture() === 'amd64' ? 'arm64' : 'amd64'});
	t.is(await findImage(folder, 'micro'), undefined);
	const image = await publish(folder);
	t.false(await isOfOtherRecipe(folder, 'micro'));
	await rm(path.join(image.folder, 'initrd'));
	t.is(await findImage(folder, 'micro'), undefined);
});

test('a file that changed since it was built is told', async t => {
	const image = await publish(await makeFolder(t));
	await writeFile(path.join(image.folder, 'disk.qcow2'), 'something else');
	await t.throwsAsync(verifyImage(image), {code: 'IMAGE_DAMAGED', message: /disk\.qcow2/});
});

test('a build removes what killed ones left behind, and leaves alone those that run', async t => {
	const folder = await makeFolder(t);
	const killed = path.join(folder, 'micro', '.building-99999999-abcdef');
	await mkdir(killed, {recursive: true});
	const running = await openBuildFolder(folder, 'micro');
	await t.throwsAsync(access(killed));

	const other = await openBuildFolder(folder, 'micro');
	await t.notThrowsAsync(access(running.output));
	t.not(other.output, running.output);

	await running.discard();
	await other.discard();
	t.deepEqual(await readdir(path.join(folder, 'micro')), []);
});

import type {ChildProcess} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {fileExists} from '../../../source/platform/files.js';
import {
	exeUnitFileEndings,
	exeUnitShortName,
	exeUnitUplinkFolder,
} from '../../../source/protocol/exe-unit.js';
import {startChild, supportProcess} from '../../support/child-process.js';
import {startHttpServer} from '../../support/http-server.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {createHome, type Home, hasBeenKilled, startWaiting} from './_vm-remains.js';

const allEndings = Object.values(exeUnitFileEndings);
const newHome = async (t: ExecutionContext) => createHome(t, await temporaryFolder(t));

async function isUntouched(t: ExecutionContext, home: Home, vmId: string, child: ChildProcess) {
	t.true(await home.hasFolder(vmId), `the folder of ${vmId}`);
	t.deepEqual(await home.socketsOf(vmId), allEndings);
	t.deepEqual([child.exitCode, child.signalCode], [null, null]);
}

test('where nothing ever was there is nothing to release, and nothing is made', async t => {
	const folder = await temporaryFolder(t);
	const home = createHome(t, folder);
	t.deepEqual(await home.reclaim([]), []);
	t.deepEqual(await fs.readdir(folder), []);
	t.deepEqual(home.entries, []);
});

test('a folder, sockets and a process that no VM has are found, told and gone', async t => {
	const home = await newHome(t);
	await home.makeFolder('with-folder');
	await home.makeSockets('with-sockets');
	const child = await home.startProcess('with-process');

	const released = await home.reclaim([]);
	t.deepEqual(
		released.toSorted(),
		['with-folder', exeUnitShortName('with-sockets'), exeUnitShortName('with-process')].sort(),
	);
	t.deepEqual(await fs.readdir(home.paths.providerVms), []);
	t.deepEqual(await fs.readdir(path.join(home.paths.run, 'vm')), []);
	await hasBeenKilled(child);
	t.is(home.entries.filter(({level}) => level === 40).length, 3);
	t.deepEqual(await home.reclaim([]), [], 'the next time there is nothing left');
});

test('all that there is of a VM that nobody knows goes at once; a VM that is known keeps all it has', async t => {
	const home = await newHome(t);
	const known = await home.makeVm('known');
	const unknown = await home.makeVm('unknown');
	t.deepEqual(await home.reclaim(['known']), ['unknown']);
	await hasBeenKilled(unknown);
	t.false(await home.hasFolder('unknown'));
	t.deepEqual(await home.socketsOf('unknown'), []);
	await isUntouched(t, home, 'known', known);
});

test('a supervisor that is at work is asked to end its VM, and whether to keep its files', async t => {
	const home = await newHome(t);
	for (const vmId of ['unknown', 'failed']) {
		await home.makeFolder(vmId);
		await fs.mkdir(path.join(home.paths.run, 'vm'), {recursive: true});
	}

	const [unknown, failed] = await Promise.all(
		['unknown', 'failed'].map(vmId =>
			startHttpServer(t, response => response.writeHead(500).end(), {
				path: `${home.socketBaseOf(vmId)}${exeUnitFileEndings.control}`,
			}),
		),
	);
	const child = await home.startProcess('failed');
	t.deepEqual(await home.reclaim(['failed'], ['failed']), ['unknown', 'failed']);
	t.deepEqual(unknown?.requests, ['POST /v1/destroy?keep_files=false']);
	t.deepEqual(failed?.requests, ['POST /v1/destroy?keep_files=true']);
	await hasBeenKilled(child);
});

test('a process that only its file tells of is ended; another that got its number is not', async t => {
	const home = await newHome(t);
	const own = await startWaiting(t, exeUnitShortName('first'));
	const stranger = await startWaiting(t, 'somebody else');
	for (const [vmId, {pid}] of [
		['first', own],
		['second', stranger],
	] as const) {
		await home.makeFolder(vmId);
		await fs.writeFile(path.join(home.folderOf(vmId), 'qemu.pid'), `${pid}\n`);
	}

	t.deepEqual((await home.reclaim([])).toSorted(), ['first', 'second']);
	await hasBeenKilled(own);
	t.is(stranger.signalCode, null);
});

test('what still runs of a VM that has failed is ended, and its folder kept', async t => {
	const home = await newHome(t);
	const failed = await home.makeVm('failed');
	const running = await home.makeVm('running');
	t.deepEqual(await home.reclaim(['failed', 'running'], ['failed']), ['failed']);
	await hasBeenKilled(failed);
	t.like(
		home.entries.find(({level}) => level === 40),
		{vm_id: 'failed', pids: [failed.pid]},
	);
	t.true(await home.hasFolder('failed'));
	await isUntouched(t, home, 'running', running);
	t.deepEqual(await home.reclaim(['failed', 'running'], ['failed']), []);
});

test('a failed VM of which nothing runs is left alone', async t => {
	const home = await newHome(t);
	await home.makeFolder('failed');
	await home.makeSockets('failed');
	t.deepEqual(await home.reclaim(['failed'], ['failed']), []);
	t.true(await home.hasFolder('failed'));
	t.deepEqual(await home.socketsOf('failed'), allEndings);
});

test('a VM that had failed, and was started again while it was looked for, goes on', async t => {
	const home = await newHome(t);
	const child = await home.makeVm('again');
	const answers = [['again'], []];
	t.deepEqual(await home.reclaim(['again'], [], {failedVmIds: () => answers.shift() ?? []}), []);
	await isUntouched(t, home, 'again', child);
});

test('a VM that came to be while its folder was being found is not taken for one that nobody knows', async t => {
	const home = await newHome(t);
	const child = await home.makeVm('new');
	let isKnown = false;
	const released = home.reclaim([], [], {vmIds: () => (isKnown ? ['new'] : [])});
	// It has only begun to look.
	isKnown = true;
	t.deepEqual(await released, []);
	await isUntouched(t, home, 'new', child);
});

test('of two homes side by side, one does not touch what is the other’s', async t => {
	const folder = await temporaryFolder(t);
	const [one, other] = [createHome(t, path.join(folder, 'home')), createHome(t, path.join(folder, 'home-2'))];
	const gone = await one.makeVm('the same id');
	const stays = await other.makeVm('the same id');
	const alsoStays = await other.startProcess('only a process');
	t.deepEqual(await one.reclaim([]), ['the same id']);
	await hasBeenKilled(gone);
	await isUntouched(t, other, 'the same id', stays);
	t.is(alsoStays.signalCode, null);
	t.deepEqual(await one.reclaim([]), []);
});

test('other files beside the sockets stay, and so does whoever only names their folder', async t => {
	const home = await newHome(t);
	const folder = path.join(home.paths.run, 'vm');
	await fs.mkdir(folder, {recursive: true});
	await fs.writeFile(path.join(folder, 'notes-of-mine.txt'), 'mine');
	await fs.writeFile(path.join(home.paths.run, 'provider.lock'), '');
	const child = await startWaiting(t, folder, `${folder}/notes-of-mine.txt`);
	t.deepEqual(await home.reclaim([]), []);
	t.deepEqual(await fs.readdir(folder), ['notes-of-mine.txt']);
	t.true(await fileExists(path.join(home.paths.run, 'provider.lock')));
	t.is(child.signalCode, null);
});

test('what could not be released is logged, keeps nobody from the rest, and is found again', async t => {
	const home = await newHome(t);
	await home.makeFolder('stuck');
	await home.makeSockets('gone');
	const destroy = async () => {
		throw new Error('it does not end');
	};
	t.deepEqual(await home.reclaim([], [], {exeUnitOf: () => ({destroy})}), [exeUnitShortName('gone')]);
	t.like(
		home.entries.find(({level}) => level === 50),
		{err: {message: 'it does not end'}},
	);
	t.true(await home.hasFolder('stuck'));
	t.deepEqual(await home.reclaim([]), ['stuck']);
});

test('a supervisor that neither answers nor ends, and belongs to nobody, is ended', async t => {
	const home = await newHome(t);
	const base = home.socketBaseOf('stuck');
	await fs.mkdir(path.dirname(base), {recursive: true});
	const holder = startChild(t, supportProcess('hold-lock'), {
		args: [`${base}${exeUnitFileEndings.lock}`],
	});
	await holder.printed('locked');
	const gone = await home.startProcess('gone');
	t.deepEqual(
		(await home.reclaim([])).toSorted(),
		[exeUnitShortName('gone'), exeUnitShortName('stuck')].sort(),
	);
	await hasBeenKilled(gone);
	await eventually('it has ended', () => whenTrue(holder.hasEnded()));
});

test('a home whose path ends like this one’s is another home', async t => {
	const home = await newHome(t);
	const within = createHome(
		t,
		path.join(await temporaryFolder(t), path.dirname(path.dirname(home.paths.run))),
	);
	const child = await within.startProcess('a VM of theirs');
	t.deepEqual(await home.reclaim([]), []);
	t.is(child.signalCode, null);
});

test('the uplink of a VM that nobody knows goes with its process; a known VM’s and other homes’ stay', async t => {
	const [home, other] = [await newHome(t), await newHome(t)];
	const uplinksFolder = await temporaryFolder(t);
	const folders = [home.folderOf('gone'), home.folderOf('known'), other.folderOf('gone')].map(folder =>
		path.join(uplinksFolder, path.basename(exeUnitUplinkFolder(folder))),
	);
	const children: ChildProcess[] = [];
	for (const folder of folders) {
		await fs.mkdir(folder);
		await fs.writeFile(path.join(folder, 'passt.sock'), '');
		children.push(await startWaiting(t, '--socket', path.join(folder, 'passt.sock')));
	}

	t.deepEqual(await home.reclaim(['known'], [], {uplinksFolder}), [path.basename(folders[0] ?? '')]);
	t.deepEqual(await Promise.all(folders.map(fileExists)), [false, true, true]);
	const [ofGone, ...others] = children;
	if (ofGone) {
		await hasBeenKilled(ofGone);
	}

	t.deepEqual(
		others.map(({signalCode}) => signalCode),
		[null, null],
	);
});

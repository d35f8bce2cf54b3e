import fs from 'node:fs/promises';
import path from 'node:path';
import {sendReadySignal} from '../../source/platform/detached-process.js';
import {readFileIfThere} from '../../source/platform/files.js';
import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {openLog} from '../../source/platform/log.js';
import {exeUnitLogFile} from '../../source/platform/paths.js';
import {acquireProcessLock} from '../../source/platform/process-lock.js';
import {listenOnUnixSocket} from '../../source/platform/unix-socket.js';
import {exeUnitFileEndings, exeUnitSpecSchema, exeUnitUsageFile} from '../../source/protocol/exe-unit.js';
import {vmStatusSchema} from '../../source/protocol/vm.js';
import {closeHttpServer, createHttpApi} from '../host/http-server.js';
import {exeUnitRoutes} from './control.js';
import {ensureHostKey} from './host-key.js';
import {createMeter} from './meter.js';
import {createQemuDriver} from './qemu/qemu-driver.js';
import {createSupervisor} from './supervisor.js';
import {openUsageRecord} from './usage-record.js';

/*
The supervisor of one VM: `main.js <the VM's folder> <beginning of its socket paths> <what it was last>`.

It is started by the provider and outlives it. Its end is a `POST /v1/destroy`; a SIGTERM (a host that shuts down) ends
it too and leaves the VM to the next one.
*/
const [vmFolder = '', socketBase = '', lastStatus = 'creating'] = process.argv.slice(2);

try {
	await run();
} catch (error) {
	const message = error instanceof Error ? error.message : String(error);
	sendReadySignal({
		type: 'failed',
		error: {code: error instanceof GolemError ? error.code : 'START_FAILED', message},
	});
	process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
	process.exitCode = exitCodes.failed;
}

async function run(): Promise<void> {
	const lockFile = `${socketBase}${exeUnitFileEndings.lock}`;
	await acquireProcessLock(lockFile);
	// Read under the lock: a provider that gave this VM up has taken the file away, under the same lock.
	const text = await readFileIfThere(path.join(vmFolder, 'spec.json'));
	if (text === undefined) {
		await fs.rm(lockFile, {force: true});
		throw new GolemError('VM_GONE', `There is no VM in ${vmFolder} any more.`);
	}

	const spec = exeUnitSpecSchema.parse(JSON.parse(text));
	const log = openLog({name: 'exe-unit', file: path.join(vmFolder, exeUnitLogFile)}).child({
		vm_id: spec.vm_id,
	});
	const hostKey = await ensureHostKey(vmFolder);
	const driver = await createQemuDriver({spec, vmFolder, socketBase, hostKey, log});
	const meter = createMeter({
		record: await openUsageRecord(path.join(vmFolder, exeUnitUsageFile), log),
		cores: spec.resources.cpu,
		storageBytes: driver.storageBytes,
	});
	const supervisor = createSupervisor({
		spec,
		driver,
		sshHostKeys: [hostKey.publicKey],
		lastStatus: vmStatusSchema.parse(lastStatus),
		meter,
		log,
	});
	const ending = new AbortController();
	const exit = async ({removeFiles}: {removeFiles: boolean}) => {
		ending.abort(new Error('ending'));
		await closeHttpServer(server, 500);
		await meter.close();
		if (removeFiles) {
			await fs.rm(vmFolder, {recursive: true, force: true});
		}

		await Promise.all(
			Object.values(exeUnitFileEndings).map(ending => fs.rm(`${socketBase}${ending}`, {force: true})),
		);
		process.exit(exitCodes.done);
	};
	const server = createHttpApi({
		routes: exeUnitRoutes({
			supervisor,
			meter,
			exit: options => {
				exit(options).catch((error: unknown) => {
					log.error({err: error}, 'could not clean up');
					process.exit(exitCodes.failed);
				});
			},
		}),
		log,
		signal: ending.signal,
	});
	await listenOnUnixSocket(server, `${socketBase}${exeUnitFileEndings.control}`);
	sendReadySignal({type: 'ready', info: {pid: process.pid}});
	await supervisor.begin();
}

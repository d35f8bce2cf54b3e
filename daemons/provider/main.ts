import fs from 'node:fs/promises';
import path from 'node:path';
import {createDiscoveryClient} from '../../source/client/discovery-client.js';
import {describeAccelerator, findAccelerator} from '../../source/platform/accelerator.js';
import {ensurePrivateFolder} from '../../source/platform/files.js';
import {readOrCreateKeyFile} from '../../source/platform/identity-file.js';
import {openStore} from '../../source/platform/store.js';
import type {AdvertisementBody} from '../../source/protocol/advertisement.js';
import type {PortStatus} from '../../source/protocol/control.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {covers} from '../../source/protocol/resources.js';
import {runDaemon} from '../host/daemon.js';
import {route} from '../host/router.js';
import {findImage} from '../images/image.js';
import {availableResources, reservedResources} from './admission.js';
import {startAdvertiser} from './advertiser.js';
import {providerRoutes} from './api.js';
import {measureCapacity} from './capacity.js';
import {checkDriver, findImages} from './driver-check.js';
import {exeUnitOf} from './exe-units.js';
import {createPorts} from './ports.js';
import {findPublicAddress} from './public-address.js';
import {providerSettings} from './settings.js';
import {vmRecordSchema} from './vm-record.js';
import {createVms, portsInUse} from './vms.js';

const verificationIntervalMs = 30 * 60_000;

await runDaemon({
	name: 'provider',
	settings: providerSettings,
	async start({settings, paths, log, signal, changes}) {
		let {images} = await checkDriver({qemuBinary: settings.qemuBinary, imagesFolder: paths.images});
		const accelerator = describeAccelerator(await findAccelerator());
		const identity = createIdentity(await readOrCreateKeyFile(paths.identity, createPrivateKey));
		await ensurePrivateFolder(paths.providerVms);
		const store = await openStore({
			file: path.join(paths.daemonFolder('provider'), 'provider.db'),
			schema: vmRecordSchema,
			durability: 'full',
		});
		const stored = (await store.entries()).map(([, record]) => record);
		const capacity = await measureCapacity(
			{cpu: settings.offerCpuCores, memory: settings.offerMemoryGb, storage: settings.offerStorageGb},
			{folder: paths.providerVms, reservedStorageGb: reservedResources(stored).storage},
		);
		const minimum = {
			cpu: settings.minCpuCores,
			memory: settings.minMemoryGb,
			storage: settings.minStorageGb,
		};
		let apiPort = settings.port;
		let publicIp = settings.publicIp === 'auto' ? null : settings.publicIp;
		let busyWith: string[] = [];

		const ports = createPorts({
			host: settings.host,
			ports: range(settings.portRangeStart, settings.portRangeEnd),
			servers: settings.portCheckServers,
			skipVerification: settings.skipPortVerification,
			log,
			onChange: tellOfChange,
		});
		const vms = await createVms({
			store,
			exeUnitOf: vmId => exeUnitOf(vmId, paths, log),
			listVmFolders: () => fs.readdir(paths.providerVms),
			limits: () => ({capacity, minimum, maxVms: settings.maxVms}),
			verifiedPorts: ports.verified,
			async findImage(name) {
				const image = await findImage(paths.images, name);
				if (!image) {
					throw new ApiError('IMG_001', `There is no image ${name} here.`, {
						details: {images: (await findImages(paths.images)).map(({name: known}) => known)},
					});
				}

				return image;
			},
			proxyHost: settings.host,
			qemuBinary: settings.qemuBinary || undefined,
			log,
			signal,
			onChange: tellOfChange,
		});
		const available = () => availableResources(vms.all(), capacity);

		/** What is offered now; nothing while not even the smallest VM could be rented. */
		function describeOffer(): AdvertisementBody | undefined {
			const usedPorts = portsInUse(vms.all());
			const hasPort = ports.verified().some(port => !usedPorts.has(port));
			const hasRoom = usedPorts.size < settings.maxVms;
			if (publicIp === null || !hasPort || !hasRoom || !covers(available(), minimum)) {
				return undefined;
			}

			return {
				ip_address: publicIp,
				port: apiPort,
				country: settings.country,
				resources: available(),
				name: settings.name,
				images: images.map(({name}) => name),
			};
		}

		const advertiser = startAdvertiser({
			identity,
			servers: settings.discoveryUrls.map(url => ({url, client: createDiscoveryClient(url)})),
			describe: describeOffer,
			intervalMs: settings.advertisementIntervalSeconds * 1000,
			log,
			onChange: () => changes.set(undefined),
		});

		function tellOfChange(): void {
			changes.set(undefined);
			advertiser.changed();
		}

		async function verifyPorts(): Promise<void> {
			busyWith = ['verifying ports'];
			changes.set(undefined);
			try {
				publicIp = await findPublicAddress(
					{configured: settings.publicIp, servers: settings.portCheckServers, log},
					signal,
				);
				images = await findImages(paths.images);
				await ports.verify(publicIp, portsInUse(vms.all()), signal);
			} finally {
				busyWith = [];
				changes.set(undefined);
			}
		}

		const verifyInBackground = () => {
			verifyPorts().catch((error: unknown) => {
				if (!signal.aborted) {
					log.error({err: error}, 'ports could not be verified');
				}
			});
		};
		const timer = setInterval(verifyInBackground, verificationIntervalMs);

		return {
			publicRoutes: providerRoutes({
				providerId: identity.id,
				vms,
				defaultImage: settings.defaultImage,
				publicIp: () => publicIp,
				info: () => ({
					name: settings.name,
					country: settings.country,
					driver: 'qemu',
					accelerator,
					images: images.map(({name}) => name),
					resources: {total: capacity, available: available()},
				}),
				isReady: () => !signal.aborted,
			}),
			controlRoutes: [
				route({
					method: 'GET',
					path: '/v1/ports',
					summary: 'Each port of the range, with what was found.',
					handle: () => ({
						body: {
							verification_skipped: settings.skipPortVerification,
							ports: ports.statuses(portsInUse(vms.all())),
						},
					}),
				}),
				route({
					method: 'GET',
					path: '/v1/vms',
					summary: 'Every VM on this provider.',
					handle: () => ({
						body: vms.all().map(({ssh_keys: _keys, idempotency: _idempotency, ...shown}) => shown),
					}),
				}),
				route({
					method: 'GET',
					path: '/v1/resources',
					summary: 'What this machine rents out, and how much of it is free.',
					handle: () => ({body: {total: capacity, available: available()}}),
				}),
			],
			host: settings.host,
			port: settings.port,
			status: () => ({
				healthy: describeOffer() !== undefined || vms.all().length > 0,
				busy_with: busyWith,
				provider_id: identity.id,
				public_ip: publicIp,
				resources: {total: capacity, available: available()},
				vms: vms.all().length,
				driver: 'qemu',
				accelerator,
				ports: countPorts(ports.statuses(portsInUse(vms.all()))),
				verification_skipped: settings.skipPortVerification,
				advertising: advertiser.states(),
				images: images.map(({name}) => name),
			}),
			async listening(address) {
				apiPort = address.port;
				await vms.recover();
				verifyInBackground();
			},
			async stop() {
				clearInterval(timer);
				await advertiser.stop();
				await store.close();
			},
		};
	},
});

function countPorts(statuses: PortStatus[]) {
	const count = (wanted: PortStatus['state']) => statuses.filter(({state}) => state === wanted).length;
	return {verified: count('verified'), in_use: count('in-use'), total: statuses.length};
}

function range(start: number, end: number): number[] {
	return Array.from({length: Math.max(0, end - start)}, (_, index) => start + index);
}

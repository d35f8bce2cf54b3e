import path from 'node:path';
import {createDiscoveryClient} from '../../source/client/discovery-client.js';
import {describeAccelerator, findAccelerator} from '../../source/platform/accelerator.js';
import {ensurePrivateFolder} from '../../source/platform/files.js';
import {readOrCreateKeyFile} from '../../source/platform/identity-file.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {runDaemon} from '../host/daemon.js';
import {createRateLimit, limitByAddress} from '../host/rate-limit.js';
import {findImage} from '../images/image.js';
import {availableResources} from './admission.js';
import {startAdvertiser} from './advertiser.js';
import {providerRoutes} from './api.js';
import {measureMachine, planCapacity} from './capacity.js';
import {countPorts, providerControlRoutes} from './control.js';
import {checkDriver, findImages} from './driver-check.js';
import {exeUnitOf} from './exe-units.js';
import {addFigures} from './figures.js';
import {startHostLoadMonitor} from './host-load.js';
import {describeOffer} from './offer.js';
import {portControlRoutes, portProofRoute} from './ports/api.js';
import {findFirewall} from './ports/firewall.js';
import {openPortMemory} from './ports/memory.js';
import {findPortOccupants, readEphemeralPorts} from './ports/occupants.js';
import {findOwnAddresses} from './ports/own-addresses.js';
import {createPorts} from './ports/ports.js';
import {createPublicAddress} from './ports/public-address.js';
import {describePorts, isCutOff} from './ports/report.js';
import {createPortVerifier} from './ports/verifier.js';
import {reclaim} from './reclamation.js';
import {checkProviderSettings, providerSettings} from './settings.js';
import {createTenants} from './tenants.js';
import {holdsReservation, portCarriers, type VmRecord} from './vm-record.js';
import {openVmStore} from './vm-store.js';
import {createVms} from './vms.js';

const reclamationIntervalMs = 5 * 60_000;

await runDaemon({
	name: 'provider',
	settings: providerSettings,
	async start({settings, paths, log, signal, changes, metrics}) {
		const identity = createIdentity(await readOrCreateKeyFile(paths.identity, createPrivateKey));
		checkProviderSettings(settings, identity.id);
		let {images} = await checkDriver({qemuBinary: settings.qemuBinary, imagesFolder: paths.images});
		const driver = settings.driver === 'auto' ? 'qemu' : settings.driver;
		const accelerator = describeAccelerator(await findAccelerator());
		await ensurePrivateFolder(paths.providerVms);
		const opened = await openVmStore({
			file: path.join(paths.daemonFolder('provider'), 'provider.db'),
			vmsFolder: paths.providerVms,
			log,
		});
		const measureCapacity = async (records: readonly VmRecord[]) =>
			planCapacity(
				{cpu: settings.offerCpuCores, memory: settings.offerMemoryGb, storage: settings.offerStorageGb},
				await measureMachine(
					paths.providerVms,
					records.filter(holdsReservation).map(({id}) => id),
				),
				settings.reservePercent,
			);
		let capacity = await measureCapacity(opened.records);
		const minimum = {
			cpu: settings.minCpuCores,
			memory: settings.minMemoryGb,
			storage: settings.minStorageGb,
		};
		const portMemory = await openPortMemory({
			file: path.join(paths.daemonFolder('provider'), 'ports.json'),
			publicIp: settings.publicIp === 'auto' ? undefined : settings.publicIp,
			log,
		});
		let apiPort = settings.port;
		let surroundings = await lookAround();
		let isReady = false;

		// No await from here to the end: what changes is told to things that come further down.
		const load = startHostLoadMonitor({
			thresholds: {
				cpu: settings.cpuThreshold,
				memory: settings.memoryThreshold,
				storage: settings.storageThreshold,
			},
			folder: paths.providerVms,
			log,
			signal,
			onChange: tellOfChange,
		});
		const publicAddress = createPublicAddress({
			configured: settings.publicIp,
			remembered: portMemory.initial.publicIp,
			portCheckers: settings.portCheckServers,
			services: settings.addressServices,
			log,
			onChange: tellOfChange,
		});
		const ports = createPorts({
			host: settings.host,
			ports: range(settings.portRangeStart, settings.portRangeEnd),
			apiPort: () => apiPort,
			servers: settings.portCheckServers,
			quorum: settings.portCheckQuorum,
			skipVerification: settings.skipPortVerification,
			carriers: () => portCarriers(vms.all()),
			findOccupants: findPortOccupants,
			memory: portMemory,
			log,
			onChange: tellOfChange,
			onProgress: () => changes.set(undefined),
		});
		const verifier = createPortVerifier({
			ports,
			publicAddress,
			async prepare() {
				[images, surroundings] = await Promise.all([findImages(paths.images), lookAround()]);
			},
			log,
			onChange: tellOfChange,
			signal,
		});
		const vms = createVms({
			...opened,
			exeUnitOf: vmId => exeUnitOf(vmId, paths, log),
			limits: () => ({capacity, minimum, maxVms: settings.maxVms, overThreshold: load.get().over}),
			ports,
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
			restartVms: settings.restartVms,
			log,
			signal,
			onChange: tellOfChange,
			onFailure: () => inBackground(measureAgain, 'what is free could not be measured')(),
		});
		const available = () => availableResources(vms.all(), capacity);

		function offer() {
			const carriers = portCarriers(vms.all());
			return describeOffer({
				name: settings.name,
				country: settings.country,
				publicIp: publicAddress.get(),
				port: apiPort,
				isCutOff: isCutOff(ports.api()),
				images: images.map(({name}) => name),
				available: available(),
				minimum,
				freePorts: ports.usable().filter(port => !carriers.has(port)).length,
				freePlaces: settings.maxVms - carriers.size,
				overThreshold: load.get().over,
			});
		}

		const advertiser = startAdvertiser({
			identity,
			servers: settings.discoveryUrls.map(url => ({url, client: createDiscoveryClient(url)})),
			describe: () => offer().body,
			intervalMs: settings.advertisementIntervalSeconds * 1000,
			log,
			onChange: () => changes.set(undefined),
		});

		function tellOfChange(): void {
			changes.set(undefined);
			advertiser.changed();
		}

		async function cleanUp(): Promise<void> {
			await reclaim({
				paths,
				vmIds: () => vms.all().map(({id}) => id),
				failedVmIds: () =>
					vms
						.all()
						.filter(({status, is_being_destroyed}) => status === 'error' && !is_being_destroyed)
						.map(({id}) => id),
				exeUnitOf: vmId => exeUnitOf(vmId, paths, log),
				log,
			});
			vms.finishDestructions();
			await measureAgain();
		}

		async function measureAgain(): Promise<void> {
			const measured = await measureCapacity(vms.all());
			if (measured.storage !== capacity.storage) {
				log.info({before: capacity, now: measured}, 'what can be rented out has changed');
				capacity = measured;
				tellOfChange();
			}
		}

		const inBackground = (work: () => Promise<void>, failure: string) => () => {
			work().catch((error: unknown) => {
				if (!signal.aborted) {
					log.error({err: error}, failure);
				}
			});
		};
		const reclamation = setInterval(inBackground(cleanUp, 'reclamation failed'), reclamationIntervalMs);
		if (settings.auth === 'open') {
			log.warn('GOLEM_PROVIDER_AUTH=open: anybody can make VMs without a signature, and end those made so');
		}

		const portsReport = () =>
			describePorts({
				ports,
				verification: verifier.state(),
				verificationSkipped: settings.skipPortVerification,
				publicIp: publicAddress.get(),
				publicIpSource: publicAddress.explain(),
				range: {start: settings.portRangeStart, end: settings.portRangeEnd},
				...surroundings,
				vms: {now: portCarriers(vms.all()).size, most: settings.maxVms},
				available: available(),
				minimum,
			});
		const isServing = () => isReady && !signal.aborted;
		const rateLimit = createRateLimit({perMinute: settings.rateLimitPerMinute});
		addFigures(metrics, {
			vms: vms.all,
			total: () => capacity,
			available,
			ports: ports.statuses,
			load: load.get,
			isOffered: () => offer().body !== undefined,
		});

		return {
			limit: limitByAddress(rateLimit),
			trustedProxies: settings.trustedProxies,
			publicRoutes: [
				portProofRoute(challenge => ports.prove(challenge, apiPort)),
				...providerRoutes({
					providerId: identity.id,
					tenants: createTenants({
						providerId: identity.id,
						auth: settings.auth,
						rateLimit,
						perMinute: settings.rateLimitPerMinute,
						isReady: isServing,
					}),
					vms,
					defaultImage: settings.defaultImage,
					publicIp: publicAddress.get,
					info: () => ({
						name: settings.name,
						country: settings.country,
						driver,
						accelerator,
						images: images.map(({name}) => name),
						resources: {total: capacity, available: available()},
					}),
					isReady: isServing,
				}),
			],
			controlRoutes: [
				...portControlRoutes({report: portsReport, verifyNow: verifier.verifyNow, changes}),
				...providerControlRoutes({
					vms,
					resources: () => ({total: capacity, available: available(), minimum, load: load.get()}),
				}),
			],
			host: settings.host,
			port: settings.port,
			status() {
				const {body, reasons} = offer();
				return {
					healthy: body !== undefined || vms.all().length > 0,
					busy_with: verifier.state().phase === 'done' ? [] : ['verifying ports'],
					provider_id: identity.id,
					public_ip: publicAddress.get(),
					public_ip_source: publicAddress.explain(),
					resources: {total: capacity, available: available()},
					load: load.get(),
					vms: vms.all().length,
					driver,
					accelerator,
					auth: settings.auth,
					ports: countPorts(ports.statuses()),
					verification_skipped: settings.skipPortVerification,
					advertisement: body ?? null,
					offered: body !== undefined,
					not_offered_because: reasons,
					advertising: advertiser.states(),
					images: images.map(({name}) => name),
				};
			},
			async listening(address) {
				apiPort = address.port;
				await cleanUp().catch((error: unknown) => log.error({err: error}, 'reclamation failed'));
				await vms.recover();
				isReady = true;
				inBackground(verifier.run, 'the ports are not verified any more')();
			},
			async stop() {
				clearInterval(reclamation);
				await Promise.all([advertiser.stop(), load.finished]);
				await opened.store.close();
			},
		};
	},
});

/** What this machine is like to those who want to reach its ports. */
async function lookAround() {
	const [firewall, ephemeralPorts] = await Promise.all([findFirewall(), readEphemeralPorts()]);
	return {firewall, ephemeralPorts, ownAddresses: findOwnAddresses()};
}

function range(start: number, end: number): number[] {
	return Array.from({length: Math.max(0, end - start)}, (_, index) => start + index);
}

import path from 'node:path';
import {openStore} from '../../source/platform/store.js';
import {advertisementSchema} from '../../source/protocol/advertisement.js';
import {runDaemon} from '../host/daemon.js';
import {createRateLimit, limitByAddress} from '../host/rate-limit.js';
import {discoveryRoutes} from './api.js';
import {createRegistry} from './registry.js';
import {discoverySettings} from './settings.js';

await runDaemon({
	name: 'discovery',
	settings: discoverySettings,
	async start({settings, paths, log, changes, metrics}) {
		const store = await openStore({
			file: settings.databaseFile ?? path.join(paths.daemonFolder('discovery'), 'discovery.db'),
			schema: advertisementSchema,
			durability: 'normal',
		});
		const registry = await createRegistry(store);
		metrics.add({
			name: 'golem_discovery_advertisements',
			help: 'Advertisements that have not expired.',
			read: registry.count,
		});
		for (const [variable, isOff] of [
			[
				'DISCOVERY_REQUIRE_SIGNATURES=false: anybody can advertise in anybody’s name',
				!settings.requireSignatures,
			],
			[
				'DISCOVERY_ALLOW_PRIVATE=true: addresses nobody outside can reach are accepted',
				settings.allowPrivate,
			],
		] as const) {
			if (isOff) {
				log.warn(variable);
			}
		}

		const cleanUp = async () => {
			const removed = await registry.cleanUp();
			if (removed > 0) {
				log.info({removed}, 'expired advertisements deleted');
				changes.set(undefined);
			}
		};
		const timer = setInterval(() => {
			cleanUp().catch((error: unknown) => log.error({err: error}, 'clean-up failed'));
		}, settings.cleanupIntervalSeconds * 1000);

		return {
			publicRoutes: discoveryRoutes({
				registry,
				requireSignatures: settings.requireSignatures,
				allowPrivate: settings.allowPrivate,
				names: settings.names,
				logsDetails: settings.debug,
				onChange: () => changes.set(undefined),
			}),
			limit: limitByAddress(createRateLimit({perMinute: settings.rateLimitPerMinute})),
			trustedProxies: settings.trustedProxies,
			host: settings.host,
			port: settings.port,
			status: () => ({healthy: true, busy_with: [], advertisements: registry.count()}),
			async stop() {
				clearInterval(timer);
				await store.close();
			},
		};
	},
});

import os from 'node:os';
import {runDaemon} from '../host/daemon.js';
import {createRateLimit, limitByAddress} from '../host/rate-limit.js';
import {portCheckerRoutes} from './api.js';
import {createFigures} from './figures.js';
import {portCheckerSettings} from './settings.js';
import {createSocketBudget} from './socket-budget.js';

/** The caller has 20 s; the rest is for the way there and back. */
const totalTimeoutMs = 18_000;

/** Of one check: as many dead ports as can be asked for are tried twice in its time. */
const concurrency = 512;

/** Of all checks. One caller can have the largest two at once, and four callers as much before others are refused. */
const socketBudget = {maximum: 4096, perCaller: 1024, retryAfterSeconds: totalTimeoutMs / 1000};

const ownAddresses = () =>
	Object.values(os.networkInterfaces()).flatMap(addresses => addresses?.map(({address}) => address) ?? []);

await runDaemon({
	name: 'port-checker',
	settings: portCheckerSettings,
	async start({settings, changes, metrics}) {
		const sockets = createSocketBudget(socketBudget);
		const figures = createFigures(sockets.open);
		figures.addTo(metrics);
		return {
			publicRoutes: portCheckerRoutes({
				probe: {
					retries: settings.retries,
					retryDelayMs: settings.retryDelaySeconds * 1000,
					timeoutMs: settings.timeoutSeconds * 1000,
					totalTimeoutMs,
					concurrency,
				},
				sockets,
				allow: settings.allow,
				trustedProxies: settings.trustedProxies,
				ownAddresses,
				limit: limitByAddress(createRateLimit({perMinute: settings.rateLimitPerMinute})),
				figures,
				logsFindings: settings.debug,
				onChange: () => changes.set(undefined),
			}),
			trustedProxies: settings.trustedProxies,
			host: settings.host,
			port: settings.port,
			status: () => ({healthy: true, busy_with: [], ...figures.status()}),
			async stop() {},
		};
	},
});

import {runDaemon} from '../host/daemon.js';
import {createRateLimit, limitByAddress} from '../host/rate-limit.js';
import {portCheckerRoutes} from './api.js';
import {portCheckerSettings} from './settings.js';

/** The caller has 20 s; the rest is for the way there and back. */
const totalTimeoutMs = 19_000;
const concurrency = 256;

await runDaemon({
	name: 'port-checker',
	settings: portCheckerSettings,
	async start({settings, changes, metrics}) {
		const figures = {checks: 0, ports_checked: 0, ports_open: 0};
		for (const [name, help, read] of [
			['checks', 'Checks that were done.', () => figures.checks],
			['ports_tried', 'Ports that were tried.', () => figures.ports_checked],
			['ports_open', 'Ports that were found open.', () => figures.ports_open],
		] as const) {
			metrics.add({name: `golem_port_checker_${name}_total`, help, type: 'counter', read});
		}

		return {
			publicRoutes: portCheckerRoutes({
				probe: {
					retries: settings.retries,
					retryDelayMs: settings.retryDelaySeconds * 1000,
					timeoutMs: settings.timeoutSeconds * 1000,
					totalTimeoutMs,
					concurrency,
				},
				allow: settings.allow,
				limit: limitByAddress(createRateLimit({perMinute: settings.rateLimitPerMinute})),
				onCheck({ports, open}) {
					figures.checks += 1;
					figures.ports_checked += ports;
					figures.ports_open += open;
					changes.set(undefined);
				},
			}),
			trustedProxies: settings.trustedProxies,
			host: settings.host,
			port: settings.port,
			status: () => ({healthy: true, busy_with: [], ...figures}),
			async stop() {},
		};
	},
});

import {runDaemon} from '../host/daemon.js';
import {portCheckerRoutes} from './api.js';
import {portCheckerSettings} from './settings.js';

/** The caller has 20 s; the rest is for the way there and back. */
const totalTimeoutMs = 19_000;
const concurrency = 256;

await runDaemon({
	name: 'port-checker',
	settings: portCheckerSettings,
	async start({settings, changes}) {
		const figures = {checks: 0, ports_checked: 0, ports_open: 0};
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
				onCheck({ports, open}) {
					figures.checks += 1;
					figures.ports_checked += ports;
					figures.ports_open += open;
					changes.set(undefined);
				},
			}),
			host: settings.host,
			port: settings.port,
			status: () => ({healthy: true, busy_with: [], ...figures}),
			async stop() {},
		};
	},
});

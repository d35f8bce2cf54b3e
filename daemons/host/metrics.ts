import {Counter, collectDefaultMetrics, Gauge, Histogram, Registry} from 'prom-client';
import type {AnsweredRequest} from './request-log.js';

/** A number of the daemon's own, read whenever somebody asks for the metrics. */
export type Figure = {
	/** By Prometheus' rules, such as `golem_discovery_advertisements`; what only counts up ends in `_total`. */
	name: string;
	help: string;
	/** `counter` for what only counts up; `gauge` where nothing is said. */
	type?: 'gauge' | 'counter';
} & (
	| {read: () => number}
	| {
			/** What the numbers differ by, such as `status`. */
			label: string;
			/** Each number under the label's value; a value that is left out is gone. */
			read: () => Readonly<Record<string, number>>;
	  }
);

/** What one daemon tells Prometheus. */
export type Metrics = {
	add(figure: Figure): void;
	count(request: AnsweredRequest): void;
	/** Everything, as text of that content type. */
	read(): Promise<{contentType: string; content: string}>;
};

/** From a look into memory to a VM that boots. */
const durationBuckets = [0.001, 0.005, 0.02, 0.1, 0.5, 2.5, 10, 60];

export function createMetrics(): Metrics {
	const registry = new Registry();
	collectProcessMetrics(registry);
	const requests = new Counter({
		name: 'golem_http_requests_total',
		help: 'Requests to the public API.',
		labelNames: ['method', 'route', 'status'],
		registers: [registry],
	});
	const durations = new Histogram({
		name: 'golem_http_request_duration_seconds',
		help: 'From the head of a request to the head of its answer.',
		labelNames: ['method', 'route', 'status'],
		buckets: durationBuckets,
		registers: [registry],
	});

	return {
		add(figure) {
			const {name, help, type = 'gauge'} = figure;
			const readAll = (): Array<[Record<string, string>, number]> =>
				'label' in figure
					? Object.entries(figure.read()).map(([key, value]) => [{[figure.label]: key}, value])
					: [[{}, figure.read()]];
			const options = {
				name,
				help,
				labelNames: 'label' in figure ? [figure.label] : [],
				registers: [registry],
			};
			if (type === 'counter') {
				new Counter({
					...options,
					collect() {
						this.reset();
						for (const [labels, value] of readAll()) {
							this.inc(labels, value);
						}
					},
				});
			} else {
				new Gauge({
					...options,
					collect() {
						this.reset();
						for (const [labels, value] of readAll()) {
							this.set(labels, value);
						}
					},
				});
			}
		},
		count({method, route, status, durationMs}) {
			const labels = {method, route, status: String(status)};
			requests.inc(labels);
			durations.observe(labels, durationMs / 1000);
		},
		read: async () => ({contentType: registry.contentType, content: await registry.metrics()}),
	};
}

function collectProcessMetrics(registry: Registry): void {
	// Its default looks at the event loop a hundred times a second, which would be most of what an idle daemon does.
	collectDefaultMetrics({register: registry, eventLoopMonitoringPrecision: 3_600_000});
	for (const name of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
		registry.removeSingleMetric(`nodejs_eventloop_lag_${name}_seconds`);
	}
}

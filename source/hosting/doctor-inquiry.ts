import {type ControlClient, createControlClient} from '../client/control-client.js';
import {askDiscoveryHealth, createDiscoveryClient} from '../client/discovery-client.js';
import type {SignOfLife} from '../client/http-client.js';
import {askPortCheckerHealth} from '../client/port-checker-client.js';
import type {Paths} from '../platform/paths.js';
import {deadlineSignal, pollUntil} from '../platform/waiting.js';
import type {DaemonStatus, PortsReport} from '../protocol/control.js';
import {findImage} from '../setup/image.js';
import {
	type Answer,
	answerOf,
	askResources,
	type DriverFacts,
	lookAtDriver,
	type ProviderFigures,
	type ProviderResources,
	readFigures,
	type ServerAnswer,
	type Sighting,
} from './doctor-facts.js';

const questionTimeoutMs = 5000;
/** A provider that has just started verifies its ports; that is worth waiting for, within reason. */
const portsTimeoutMs = 8000;
const portsPauseMs = 250;

/** Everything that is asked, begun at once; what needs an answer of another question waits for that one alone. */
export type Inquiry = {
	status: Promise<Answer<DaemonStatus>>;
	/** What the provider said at first, and what it said once its ports were known. */
	firstFigures: Promise<Answer<ProviderFigures>>;
	figures: Promise<Answer<ProviderFigures>>;
	report: Promise<Answer<PortsReport>>;
	resources: Promise<Answer<ProviderResources>>;
	driver: Promise<DriverFacts>;
	imageFolder: Promise<Answer<string | undefined>>;
	discovery: Promise<ServerAnswer[]>;
	portCheckers: Promise<ServerAnswer[]>;
	/** Looks at what is advertised, as often as it is called. */
	lookAtAdvertisements(): Promise<Answer<{figures: ProviderFigures; sightings: Sighting[]}>>;
};

export type InquiryOptions = {
	paths: Paths;
	imageName: string;
	/** Asked where no provider says what it uses. */
	settings: {discoveryUrls: string[]; portCheckServers: string[]; qemuBinary: string};
	signal: AbortSignal;
};

export function beginInquiry({paths, imageName, settings, signal}: InquiryOptions): Inquiry {
	const control = createControlClient('provider', paths.daemonSocket('provider'));
	const askFigures = async () => readFigures(await control.status(signal));
	const status = answerOf(control.status(signal));
	const firstFigures = status.then(found => answerNext(found, async value => readFigures(value)));
	const firstReport = status.then(found => answerNext(found, () => askPorts(control, signal)));
	const report = firstReport.then(found => answerNext(found, value => settlePorts(value, control, signal)));
	return {
		status,
		firstFigures,
		figures: Promise.all([firstFigures, report]).then(([found]) => answerNext(found, askFigures)),
		report,
		resources: report.then(async () => answerNext(await status, () => askResources(paths, signal))),
		driver: lookAtDriver(settings.qemuBinary),
		imageFolder: answerOf(findImage(imageName, paths.images)),
		discovery: firstFigures.then(found =>
			askEach(
				found.isThere ? found.value.advertising.map(({url}) => url) : settings.discoveryUrls,
				askDiscoveryHealth,
				signal,
			),
		),
		portCheckers: firstReport.then(found => {
			const used = found.isThere ? found.value.verification.checkers.map(({server}) => server) : [];
			return askEach(used.length > 0 ? used : settings.portCheckServers, askPortCheckerHealth, signal);
		}),
		lookAtAdvertisements: async () =>
			answerNext(await answerOf(askFigures()), async figures => ({
				figures,
				sightings: await Promise.all(figures.advertising.map(({url}) => look(url, figures, signal))),
			})),
	};
}

/** Asks on with an answer; where there is none, there is none to the next question either. */
async function answerNext<Value, Next>(
	answer: Answer<Value>,
	ask: (value: Value) => Promise<Next>,
): Promise<Answer<Next>> {
	return answer.isThere ? answerOf(ask(answer.value)) : answer;
}

async function askEach(
	urls: readonly string[],
	ask: (url: string, signal: AbortSignal) => Promise<SignOfLife>,
	signal: AbortSignal,
): Promise<ServerAnswer[]> {
	return Promise.all([...new Set(urls)].map(async url => ({url, answer: await answerOf(ask(url, signal))})));
}

async function look(url: string, {provider_id}: ProviderFigures, signal: AbortSignal): Promise<Sighting> {
	const asking = createDiscoveryClient(url).get(provider_id, deadlineSignal(questionTimeoutMs, signal));
	return {url, advertisement: await answerOf(asking)};
}

const askPorts = (control: ControlClient, signal: AbortSignal) =>
	control.ports(deadlineSignal(questionTimeoutMs, signal));

/** Waits while nothing is known only because it is being found out. */
async function settlePorts(
	first: PortsReport,
	control: ControlClient,
	signal: AbortSignal,
): Promise<PortsReport> {
	let last = first;
	await pollUntil(
		async () => {
			if (isSettled(last)) {
				return true;
			}

			last = await askPorts(control, signal);
			return isSettled(last) || undefined;
		},
		{timeoutMs: portsTimeoutMs, intervalMs: portsPauseMs, signal},
	);
	return last;
}

/** One that goes on while an earlier one has told enough is no reason to wait. */
function isSettled({verification, api, ports}: PortsReport): boolean {
	return (
		verification.phase === 'done' ||
		(api.state !== 'unknown' && ports.some(({state}) => state === 'verified' || state === 'in-use'))
	);
}

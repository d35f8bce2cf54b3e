import {once, setMaxListeners} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Paths} from '../platform/paths.js';
import {version} from '../platform/program.js';
import {resolveSettings, type SettingSources} from '../platform/settings.js';
import {deadlineSignal, pollUntil} from '../platform/waiting.js';
import {judgeAdvertisement} from './doctor-advertisement.js';
import {judgeLoad, judgeResources} from './doctor-capacity.js';
import {type Check, type CheckName, checkNames, type Judgement, namedCheck, unknown} from './doctor-check.js';
import {type Answer, describeFailure} from './doctor-facts.js';
import {beginInquiry, type Inquiry} from './doctor-inquiry.js';
import {judgeClock, judgeDaemon, judgeDriver, judgeImage} from './doctor-machine.js';
import {judgeApiPort, judgeDiscovery, judgePublicIp, judgeSshPorts} from './doctor-reachability.js';
import {doctorSettings} from './doctor-settings.js';

/** The image a requestor gets who names none. */
const imageName = 'micro';
/** The whole examination; whatever is not known by then is `unknown`. */
const deadlineMs = 20_000;
/** News of what is free takes a moment to get to discovery. */
const advertisementGraceMs = 4000;
const advertisementPauseMs = 500;

/**
Looks for what keeps requestors away from this machine's provider. Everything that can be asked at once is.
@param onCheck told of each check as soon as it and those before it are known
@throws SETTINGS_INVALID, and the signal's reason when it is aborted
*/
export async function examine(
	{paths, sources, signal}: {paths: Paths; sources: SettingSources; signal: AbortSignal},
	onCheck: (check: Check) => void,
): Promise<Check[]> {
	const {values: settings} = resolveSettings(doctorSettings, sources);
	const deadline = deadlineSignal(deadlineMs, signal);
	// Each question listens for its end, and there are as many as there are servers.
	setMaxListeners(0, deadline);
	const judgements = judge(beginInquiry({paths, imageName, settings, signal: deadline}), deadline);
	const isLate = waitUntilLate(deadline);
	const inTime = Object.fromEntries(
		checkNames.map(name => [name, Promise.race([settle(judgements[name]), isLate])]),
	);
	const checks: Check[] = [];
	for (const name of checkNames) {
		const check = namedCheck(name, (await inTime[name]) ?? unknown('not looked at'));
		signal.throwIfAborted();
		checks.push(check);
		onCheck(check);
	}

	return checks;
}

function judge(inquiry: Inquiry, signal: AbortSignal): Record<CheckName, Promise<Judgement>> {
	const {status, firstFigures, figures, report, resources, driver, imageFolder, discovery, portCheckers} =
		inquiry;
	return {
		daemon: status.then(found => judgeDaemon(found, version)),
		driver: driver.then(judgeDriver),
		image: Promise.all([imageFolder, firstFigures]).then(([folder, told]) =>
			judgeImage({name: imageName, folder, known: told.isThere ? told.value.images : undefined}),
		),
		clock: Promise.all([discovery, portCheckers]).then(servers => judgeClock(servers.flat())),
		'public-ip': Promise.all([figures, report]).then(([told, ports]) =>
			judgeWhatIsThere(told, facts => judgePublicIp(facts, ports.isThere ? ports.value.issues : [])),
		),
		'api-port': report.then(told => judgeWhatIsThere(told, judgeApiPort)),
		'ssh-ports': report.then(told => judgeWhatIsThere(told, judgeSshPorts)),
		discovery: discovery.then(judgeDiscovery),
		advertisement: report.then(() => judgeAdvertisementInTime(inquiry, signal)),
		resources: Promise.all([resources, report]).then(([told, ports]) =>
			judgeWhatIsThere(told, facts => judgeResources(facts, ports.isThere ? ports.value : undefined)),
		),
		load: figures.then(told => judgeWhatIsThere(told, judgeLoad)),
	};
}

/** What only the provider can tell. */
function judgeWhatIsThere<Value>(answer: Answer<Value>, judgeValue: (value: Value) => Judgement): Judgement {
	return answer.isThere
		? judgeValue(answer.value)
		: unknown(answer.code === 'NOT_REACHABLE' ? 'not known while the provider is down' : answer.reason);
}

/** Looks again for a moment while it is not good: what is free changes all the time, and takes its time to get there. */
async function judgeAdvertisementInTime(
	{lookAtAdvertisements}: Inquiry,
	signal: AbortSignal,
): Promise<Judgement> {
	let last = unknown('not looked at');
	await pollUntil(
		async () => {
			const seen = await lookAtAdvertisements();
			last = judgeWhatIsThere(seen, ({figures, sightings}) =>
				judgeAdvertisement(figures, sightings, Date.now()),
			);
			return last.verdict === 'ok' || last.verdict === 'unknown' || undefined;
		},
		{timeoutMs: advertisementGraceMs, intervalMs: advertisementPauseMs, signal},
	).catch((error: unknown) => {
		// What was seen before time was up counts.
		if (!signal.aborted) {
			throw error;
		}
	});
	return last;
}

async function settle(judgement: Promise<Judgement>): Promise<Judgement> {
	return judgement.catch((error: unknown) => unknown(describeFailure(error).reason));
}

/** What becomes of a check that is not done by the deadline, whatever holds it up. */
async function waitUntilLate(deadline: AbortSignal): Promise<Judgement> {
	await once(deadline, 'abort');
	// Those that listen to the signal as well say more.
	await nextTurn();
	return unknown(`not known after ${deadlineMs / 1000} s`);
}

import path from 'node:path';
import {describeAccelerator} from '../platform/accelerator.js';
import type {DaemonStatus} from '../protocol/control.js';
import {failed, type Judgement, ok, unknown, warning} from './doctor-check.js';
import type {Answer, DriverFacts, ImageFacts, ServerAnswer} from './doctor-facts.js';

/** Its VMs go on meanwhile. */
export const restartProvider = '$ golem provider stop && golem provider --detach';

/** Does the provider run, and is it this version's? */
export function judgeDaemon(status: Answer<DaemonStatus>, ownVersion: string): Judgement {
	if (!status.isThere) {
		return status.code === 'NOT_REACHABLE'
			? failed('the provider is not running', '$ golem provider --detach')
			: failed(status.reason, 'See what it is doing:', '$ golem provider logs');
	}

	const {pid, version, started_at} = status.value;
	const facts = `pid ${pid}, version ${version}, since ${started_at.replace(/\.\d+Z$/, 'Z')}`;
	return version === ownVersion
		? ok(facts)
		: warning(
				`${facts}; this program is ${ownVersion}`,
				'Start it again as this version; its VMs go on meanwhile:',
				restartProvider,
			);
}

/** Emulation is slow, and a driver all the same. */
export function judgeDriver({programs, accelerator}: DriverFacts): Judgement {
	const missing = programs.flatMap(({program, version}) =>
		version.isThere ? [] : [`${program}: ${version.reason}`],
	);
	return missing.length > 0
		? failed(missing.join('; '), 'Install what is missing:', '$ golem setup')
		: ok(
				[
					...programs.map(({program, version}) =>
						`${program} ${version.isThere ? version.value : ''}`.trim(),
					),
					describeAccelerator(accelerator),
				].join(', '),
			);
}

/** Can the image be started that a requestor gets who names none? */
export function judgeImage({name, folder, known}: ImageFacts): Judgement {
	if (!folder.isThere) {
		return unknown(`the image builder does not say: ${folder.reason}`, 'Build it anew:', '$ golem setup');
	}

	if (folder.value === undefined) {
		return failed(`there is no image ${name} on this machine`, 'Build it:', '$ golem setup');
	}

	return known === undefined || known.includes(name)
		? ok(`${name} ${path.basename(folder.value)}`)
		: failed(
				`${name} is in ${folder.value}, but the provider knows ${known.join(', ') || 'none'}`,
				'Have it look again:',
				restartProvider,
			);
}

/** Signatures hold for 60 s, and a request is some of these on its way. */
const maximumOffsetSeconds = 30;
const worthAWordSeconds = 5;

/** Is this machine's clock that of the servers which judge its signatures? */
export function judgeClock(answers: readonly ServerAnswer[]): Judgement {
	const offsets = answers.flatMap(clockOffset);
	const usual = medianOffset(offsets);
	if (!usual) {
		return unknown('no discovery server and no port checker told the time');
	}

	const others = offsets.filter(offset => offset !== usual);
	const agreeing = others.filter(({seconds}) => Math.abs(seconds - usual.seconds) <= worthAWordSeconds);
	const odd = others.filter(offset => !agreeing.includes(offset));
	const facts = [
		`${describeOffset(usual)}${agreeing.length > 0 ? ` and ${agreeing.length} more` : ''}`,
		...odd.map(describeOffset),
	].join('; ');
	const fix = ['Set the clock, and keep it right:', '$ timedatectl set-ntp true'];
	const magnitude = Math.abs(usual.seconds);
	if (magnitude > maximumOffsetSeconds) {
		return failed(facts, ...fix);
	}

	if (magnitude > worthAWordSeconds) {
		return warning(facts, ...fix);
	}

	return odd.length > 0
		? warning(facts, 'The clocks of these servers differ; one that is wrong refuses good signatures.')
		: ok(facts);
}

type Offset = {url: string; seconds: number};

/** Positive where this machine is ahead. */
function clockOffset({url, answer}: ServerAnswer): Offset[] {
	if (!answer.isThere || answer.value.serverTimeMs === undefined) {
		return [];
	}

	const {askedAtMs, answeredAtMs, serverTimeMs} = answer.value;
	// The header has whole seconds, cut: what it meant is half a second later on average.
	const seconds = ((askedAtMs + answeredAtMs) / 2 - (serverTimeMs + 500)) / 1000;
	return [{url, seconds}];
}

/** One server alone may have a wrong clock itself. Of two that differ, the one that agrees more with this machine counts. */
function medianOffset(offsets: readonly Offset[]): Offset | undefined {
	const sorted = offsets.toSorted((a, b) => a.seconds - b.seconds);
	const [first, second] = [
		sorted[Math.floor((sorted.length - 1) / 2)],
		sorted[Math.floor(sorted.length / 2)],
	];
	return first && second && Math.abs(second.seconds) < Math.abs(first.seconds) ? second : first;
}

/** Less than a second cannot be told from none. */
function describeOffset({url, seconds}: Offset): string {
	const magnitude = Math.abs(seconds);
	return magnitude < 1
		? `the same as at ${url}`
		: `${magnitude.toFixed(0)} s ${seconds > 0 ? 'ahead of' : 'behind'} ${url}`;
}

import type {Span} from '../components/text-line.js';
import type {PortsReport} from '../protocol/control.js';
import {shortId} from '../protocol/short-id.js';
import type {ProviderView} from './ports-lines.js';
import {
	addressLine,
	apiWords,
	checkerLine,
	count,
	duration,
	type Glyphs,
	isUnderWay,
	phaseWords,
	readiness,
} from './ports-text.js';
import type {ProviderStatus} from './provider-status.js';

/** What is to be drawn. */
export type ScreenState = ProviderView & {
	/** `host`: all there is, for as long as the provider runs. `verify`: one verification; the rest is told after it. */
	mode: 'host' | 'verify';
	isStopping: boolean;
	nowMs: number;
};

/** A bar while a verification is under way, else what there is to say of the last one. */
export type VerificationRow = {
	progress: {fraction: number; width: number; after: Span[]} | undefined;
	verified: Span[] | undefined;
};

export function headerLines({report, status, isStopping}: ScreenState, glyphs: Glyphs): Span[][] {
	const id = status?.provider_id;
	const words = isStopping
		? 'stopping'
		: !status
			? 'starting'
			: status.offered
				? 'offered to requestors'
				: 'not offered yet';
	const title: Span[] = [
		{text: 'golem provider', style: {bold: true}},
		{text: id ? `  ${shortId(id, glyphs.more)}` : ''},
		{text: `  ${words}`, style: {color: status?.offered && !isStopping ? 'green' : 'yellow'}},
		{text: status ? `  version ${status.version}` : '', style: {dimColor: true}},
	];
	if (!report) {
		return [title];
	}

	const {isListening, reached, text} = apiWords(report.api);
	const isBad = !isListening || reached === false;
	return [
		title,
		[{text: addressLine(report.public_ip, status?.public_ip_source)}],
		[
			{text: `API port ${report.api.port} `},
			{
				text: isBad ? glyphs.bad : reached ? glyphs.good : glyphs.port('unknown'),
				style: {color: isBad ? 'red' : reached ? 'green' : 'yellow'},
			},
			{text: ` ${text}`},
		],
	];
}

export function verificationRow(
	{verification}: PortsReport,
	columns: number,
	nowMs: number,
): VerificationRow {
	const {started_at, finished_at, next_at, total, settled} = verification;
	const since = (time: string) => duration(nowMs - Date.parse(time));
	if (isUnderWay(verification)) {
		const words = ` ${settled}/${total}  ${started_at ? `${since(started_at)}  ` : ''}${phaseWords(verification)}`;
		return {
			progress: {
				fraction: total > 0 ? settled / total : 0,
				width: Math.max(5, Math.min(40, columns - words.length - 1)),
				after: [{text: words}],
			},
			verified: undefined,
		};
	}

	const last = finished_at ? `Verified ${since(finished_at)} ago` : phaseWords(verification);
	const next = next_at ? `, again in ${duration(Date.parse(next_at) - nowMs)}` : '';
	return {progress: undefined, verified: [{text: last + next, style: {dimColor: true}}]};
}

export function checkerLines({verification: {checkers, total}}: PortsReport, glyphs: Glyphs): Span[][] {
	const looks = {
		asked: {text: glyphs.port('checking'), style: {color: 'cyan'}},
		answered: {text: glyphs.good, style: {color: 'green'}},
		failed: {text: glyphs.bad, style: {color: 'red'}},
	};
	return checkers.map(checker => [looks[checker.state], {text: ` ${checkerLine(checker, total)}`}]);
}

export function statusLine(report: PortsReport, status: ProviderStatus | undefined, glyphs: Glyphs): Span[] {
	const {isReady, text} = readiness(report, status?.not_offered_because);
	const color = isReady ? 'green' : 'red';
	return [{text: `${isReady ? glyphs.good : glyphs.bad} ${text}`, style: {bold: true, color}}];
}

export function eventLines(
	{vms, resources, advertising, not_offered_because}: ProviderStatus,
	nowMs: number,
): Span[][] {
	const free = resources?.available;
	return [
		...not_offered_because.map(reason => `Not offered: ${reason}`),
		[
			vms === undefined ? '' : `${count(vms, 'VM')} here`,
			free ? `free: ${count(free.cpu, 'core')}, ${free.memory} GB memory, ${free.storage} GB storage` : '',
		]
			.filter(Boolean)
			.join('; '),
		...advertising.map(({url, advertised_at, error}) =>
			error
				? `Not advertised at ${url}: ${error}`
				: advertised_at
					? `Advertised at ${url} ${duration(nowMs - Date.parse(advertised_at))} ago`
					: `Not advertised at ${url} yet`,
		),
	]
		.filter(Boolean)
		.map(text => [{text, style: {dimColor: true}}]);
}

export function footerLine({isStopping}: ScreenState): Span[] {
	return isStopping
		? [{text: 'Stopping the provider; Ctrl-C again leaves at once', style: {dimColor: true}}]
		: [
				{text: 'v', style: {bold: true}},
				{text: ' verify again   ', style: {dimColor: true}},
				{text: 'q', style: {bold: true}},
				{text: ' stop the provider', style: {dimColor: true}},
			];
}

import type {PortIssue, PortState, PortsReport} from '../protocol/control.js';
import {failed, type Judgement, ok, unknown, warning} from './doctor-check.js';
import type {ProviderFigures, ServerAnswer} from './doctor-facts.js';

const skipped = 'GOLEM_PROVIDER_SKIP_PORT_VERIFICATION';
const tryAgain = ['Have them tried again:', '$ golem provider verify'];

/** Does the provider know the address that requestors connect to? @param issues what it says of its ports */
export function judgePublicIp(
	{public_ip, public_ip_source}: ProviderFigures,
	issues: readonly PortIssue[],
): Judgement {
	const advice = adviceOf(issues.filter(({code}) => code === 'public-ip-unknown'));
	return public_ip === null
		? failed(
				public_ip_source,
				...orElse(advice, ['Say by which address others reach this machine: GOLEM_PROVIDER_PUBLIC_IP.']),
			)
		: ok(`${public_ip}, ${public_ip_source}`);
}

/** Do requestors reach the API? */
export function judgeApiPort({api, verification_skipped, issues, verification}: PortsReport): Judgement {
	const {port, state} = api;
	const own = issues.filter(
		({code}) =>
			code.startsWith('api-') ||
			(code === 'ports-disputed' && state === 'disputed') ||
			(code === 'no-checker' && state === 'unknown'),
	);
	const facts = [
		`port ${port} ${state === 'verified' ? 'is open' : `is ${state}`}`,
		...describeFindings(api),
	];
	if (verification_skipped && (state === 'verified' || state === 'unknown')) {
		return untried(`port ${port}`);
	}

	if (state === 'verified') {
		return ok(facts.join('; '));
	}

	const evidence = [...facts, ...own.map(({message}) => message)].join('; ');
	if (state === 'unknown') {
		return unknown(`${evidence}; ${phases[verification.phase]}`, ...orElse(adviceOf(own), tryAgain));
	}

	return failed(
		evidence,
		...orElse(adviceOf(own), [
			`Let TCP port ${port} through from outside, in the router and in the firewall.`,
			...tryAgain,
		]),
	);
}

/** Are there ports on which a VM’s SSH would be reached? Those that carry a VM already count as such. */
export function judgeSshPorts(report: PortsReport): Judgement {
	const {ports, issues, verification, verification_skipped, public_ip} = report;
	const count = (wanted: PortState) => ports.filter(({state}) => state === wanted).length;
	// One that carries a VM and has a reason is not reached any more.
	const usable = ports.filter(
		({state, reason}) => state === 'verified' || (state === 'in-use' && reason === null),
	).length;
	const own = issues.filter(
		({code}) =>
			!code.startsWith('api-') &&
			!['public-ip-unknown', 'verification-skipped'].includes(code) &&
			(code !== 'ports-disputed' || count('disputed') > 0),
	);
	const facts = [
		`${usable} of ${ports.length} usable (${ports.at(0)?.port ?? '-'} to ${ports.at(-1)?.port ?? '-'})`,
		...(['in-use', 'unreachable', 'occupied', 'disputed', 'unknown'] as const)
			.filter(state => count(state) > 0)
			.map(state => `${count(state)} ${state}`),
	].join(', ');
	const evidence = [
		facts,
		...own.map(({message}) => message),
		...(count('unknown') > 0 ? [phases[verification.phase]] : []),
	].join('; ');
	const advice = orElse(adviceOf(own), tryAgain);
	if (usable === 0) {
		return public_ip === null
			? {...failed(evidence, 'They are tried once the public address is known.'), isConsequence: true}
			: failed(evidence, ...advice);
	}

	if (verification_skipped) {
		return untried(facts);
	}

	return usable < ports.length || own.length > 0 ? warning(evidence, ...advice) : ok(facts);
}

/** Is there a discovery server to be found by? One that answers is enough to be found by its readers. */
export function judgeDiscovery(servers: readonly ServerAnswer[]): Judgement {
	const isAnswering = ({answer}: ServerAnswer) => answer.isThere;
	const facts = servers.map(({url, answer}) =>
		answer.isThere
			? `${url} answered in ${(answer.value.answeredAtMs - answer.value.askedAtMs).toFixed(0)} ms`
			: answer.reason,
	);
	const silent = servers.filter(server => !isAnswering(server)).map(({url}) => url);
	const fix = [
		'Is it running, and does this machine get there? Other servers: GOLEM_PROVIDER_DISCOVERY_URL.',
		...silent.map(url => `$ curl ${url.replace(/\/+$/, '')}/health`),
	];
	if (servers.length === 0) {
		return failed('no discovery server is set', 'Name at least one in GOLEM_PROVIDER_DISCOVERY_URL.');
	}

	return silent.length === 0
		? ok(facts.join('; '))
		: servers.some(isAnswering)
			? warning(facts.join('; '), ...fix)
			: failed(facts.join('; '), ...fix);
}

/** What to do about these, each thing once, and where to read on. */
function adviceOf(issues: readonly PortIssue[]): string[] {
	return [...new Set([...issues.flatMap(({fixes}) => fixes), ...issues.map(({docs}) => `Read on: ${docs}`)])];
}

const orElse = (advice: readonly string[], other: readonly string[]) => (advice.length > 0 ? advice : other);

function untried(facts: string): Judgement {
	return warning(
		`${facts}; nobody has tried from outside, as ${skipped} says`,
		`Whether requestors get through is not known. To have it tried, start the provider without ${skipped}.`,
	);
}

function describeFindings({findings}: PortsReport['api']): string[] {
	const reached = findings.filter(({reachable}) => reachable).map(({server}) => server);
	const others = findings.filter(({reachable}) => !reachable);
	return [
		...(reached.length > 0 ? [`reached by ${reached.join(', ')}`] : []),
		...others.map(({server, error}) => `${server}: ${error ?? 'not reached'}`),
	];
}

const phases = {
	waiting: 'not tried yet',
	address: 'the public address is being looked for',
	local: 'being tried just now',
	outside: 'being tried just now',
	done: 'nobody has told',
} as const satisfies Record<PortsReport['verification']['phase'], string>;

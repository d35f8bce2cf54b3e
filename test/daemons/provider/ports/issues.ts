import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {writePorts} from '../../../../daemons/provider/ports/fixes.js';
import {describePortIssues, type PortFacts} from '../../../../daemons/provider/ports/issues.js';
import {
	type PortIssue,
	type PortStatus,
	portIssueSchema,
	portStates,
} from '../../../../source/protocol/control.js';
import {portErrors} from '../../../../source/protocol/port-check.js';

const [apiPort, range] = [7466, {start: 50_800, end: 50_820}];

function status(port: number, change: Partial<PortStatus> = {}): PortStatus {
	return {
		port,
		state: 'verified',
		reason: null,
		vm_id: null,
		checked_at: null,
		is_checking: false,
		findings: [],
		occupant: null,
		...change,
	};
}

/** A provider behind a router at which all is well, but for what is said. */
function facts({
	change = {},
	ports = {},
}: {
	change?: Partial<PortFacts>;
	ports?: Record<number, Partial<PortStatus>>;
} = {}): PortFacts {
	return {
		api: status(apiPort),
		ports: Array.from({length: range.end - range.start}, (_, index) =>
			status(range.start + index, ports[range.start + index]),
		),
		verificationSkipped: false,
		publicIp: '45.67.89.10',
		publicIpSource: 'as https://ports1.example says',
		checkers: [],
		apiPort,
		range,
		ownAddresses: ['192.168.1.7'],
		firewall: 'none',
		isRoot: false,
		...change,
	};
}

const everyPort = (change: Partial<PortStatus>): Record<number, Partial<PortStatus>> =>
	Object.fromEntries(facts().ports.map(({port}) => [port, change]));
const closed = (reason: string): Partial<PortStatus> => ({state: 'unreachable', reason});
const timedOut = closed('Connection timed out');

/** The one issue there is. */
function only(issues: readonly PortIssue[], code: string): PortIssue {
	const [issue, ...others] = issues;
	if (issue?.code !== code || others.length > 0) {
		throw new Error(`Expected ${code} alone: ${JSON.stringify(issues, undefined, 2)}`);
	}

	return issue;
}

test('ports are written with neighbours put together', t => {
	t.is(writePorts([50_810, 50_802, 50_801, 50_803, 50_804, 50_801]), '50801–50804, 50810');
	t.is(writePorts([]), '');
	t.is(writePorts([65_535, 1]), '1, 65535');
});

test('where all is well there is nothing to say', t => {
	t.deepEqual(describePortIssues(facts()), []);
	const fresh = {state: 'unknown', reason: 'not checked yet'} as const;
	t.deepEqual(
		describePortIssues(facts({change: {api: status(apiPort, fresh)}, ports: everyPort(fresh)})),
		[],
	);
});

test('behind a router the owner is told to forward the very ports that are closed, to this machine', t => {
	const issue = only(
		describePortIssues(facts({ports: {50801: timedOut, 50802: timedOut, 50810: timedOut}})),
		'ports-unreachable',
	);
	t.is(issue.severity, 'warning');
	t.true(issue.message.includes('45.67.89.10: TCP 50801–50802, 50810 (no answer comes'));
	t.deepEqual(issue.fixes, ['Forward TCP 50801–50802, 50810 on your router to 192.168.1.7 (this machine).']);
});

test('that no port at all can be reached is critical', t => {
	t.is(
		only(describePortIssues(facts({ports: everyPort(timedOut)})), 'ports-unreachable').severity,
		'critical',
	);
});

test('a machine with the public address itself has no router to forward, but a hoster and a firewall', t => {
	const {fixes} = only(
		describePortIssues(
			facts({
				change: {
					api: status(apiPort, timedOut),
					ownAddresses: ['45.67.89.10', '10.0.0.1'],
					firewall: 'ufw',
				},
			}),
		),
		'api-unreachable',
	);
	t.deepEqual(fixes, [
		'If your hoster has a firewall or security groups, let TCP 7466 in there, from any address.',
		'$ sudo ufw allow 7466/tcp',
	]);
});

test('the firewall is opened for the whole range, and root needs no sudo', t => {
	const {fixes} = only(
		describePortIssues(facts({change: {firewall: 'firewalld', isRoot: true}, ports: {50801: timedOut}})),
		'ports-unreachable',
	);
	t.deepEqual(fixes.slice(1), [
		'$ firewall-cmd --permanent --add-port=50800-50819/tcp',
		'$ firewall-cmd --reload',
	]);
});

test('where it cannot be told whether there is a firewall, the owner is told what to let in', t => {
	const {fixes} = only(
		describePortIssues(facts({change: {firewall: 'unknown'}, ports: {50801: timedOut}})),
		'ports-unreachable',
	);
	t.true(fixes.includes('If a firewall is active on this machine, let TCP 50800–50819 in.'));
});

test('each reason is explained, and its ports stand beside it', t => {
	const {message} = only(
		describePortIssues(
			facts({
				ports: {
					50801: timedOut,
					50802: closed('Connection refused'),
					50803: closed('Wrong answer'),
					50804: closed('Host unreachable'),
					50805: closed('Network unreachable'),
					50806: closed('the moon\u001B[2J is in the way'),
				},
			}),
		),
		'ports-unreachable',
	);
	for (const part of [
		'TCP 50801 (no answer comes',
		'TCP 50802 (it is refused',
		'TCP 50803 (somebody else’s program answers',
		'TCP 50804–50805 (no way leads',
		'TCP 50806 (the moon [2J is in the way)',
	]) {
		t.true(message.includes(part), `${part} in ${message}`);
	}
});

test('where a stranger’s program answers no firewall is blamed', t => {
	const {fixes} = only(
		describePortIssues(facts({change: {firewall: 'ufw'}, ports: {50801: closed('Wrong answer')}})),
		'ports-unreachable',
	);
	t.false(fixes.some(fix => fix.startsWith('$ ')));
	t.true(fixes.some(fix => fix.includes('another golem')));
	t.true(fixes.some(fix => fix.includes('45.67.89.10 (as https://ports1.example says)')));
});

test('an address that is shared with other customers is told of', t => {
	const about = (change: Partial<PortFacts>) =>
		only(describePortIssues(facts({change, ports: {50801: timedOut}})), 'ports-unreachable').fixes.filter(
			fix => fix.includes('carrier-grade NAT'),
		);
	t.deepEqual(about({}), []);
	t.true(about({publicIp: '100.70.1.1'})[0]?.startsWith('100.70.1.1 is not an address of the internet'));
	t.true(about({publicIp: '192.168.1.1'})[0]?.startsWith('192.168.1.1 is not an address of the internet'));
	t.true(
		about({ownAddresses: ['192.168.1.7', '100.70.1.1']})[0]?.startsWith(
			'100.70.1.1 looks like carrier-grade NAT',
		),
	);
});

test('a VM that cannot be reached any more is critical', t => {
	const inUse = {state: 'in-use', vm_id: 'vm-1'} as const;
	const ports = {50800: inUse, 50801: {...inUse, reason: 'Connection timed out'}};
	const issue = only(describePortIssues(facts({ports})), 'vm-ports-unreachable');
	t.is(issue.severity, 'critical');
	t.true(issue.message.includes('TCP 50801 (no answer comes'));
});

test('programs that have golem’s ports are named, each with all its ports', t => {
	const by = (pid: number, name: string): Partial<PortStatus> => ({state: 'occupied', occupant: {pid, name}});
	const issue = only(
		describePortIssues(
			facts({
				ports: {
					50801: by(812, 'nginx'),
					50802: by(813, 'nginx'),
					50805: by(99, 'py\u001Bthon3'),
					50807: {state: 'occupied'},
				},
			}),
		),
		'ports-occupied',
	);
	t.is(issue.severity, 'warning');
	t.is(
		issue.message,
		'Other programs on this machine have ports of golem’s: nginx (pids 812, 813) has TCP 50801–50802; py thon3 (pid 99) has TCP 50805; a program that cannot be told has TCP 50807.',
	);
	t.deepEqual(issue.fixes, [
		'End nginx (pids 812, 813) and py thon3 (pid 99), or give it other ports.',
		"$ sudo ss -tanp '( sport = :7466 or ( sport >= :50800 and sport <= :50819 ) )'",
		'Or choose another range: GOLEM_PROVIDER_PORT_RANGE_START and GOLEM_PROVIDER_PORT_RANGE_END.',
	]);
	t.is(
		only(describePortIssues(facts({ports: everyPort(by(1, 'x'))})), 'ports-occupied').severity,
		'critical',
	);
});

test('a port that is only a connection’s end passes, and the kernel can be told to leave it alone', t => {
	const fixesWith = (ephemeralPorts?: PortFacts['ephemeralPorts']) =>
		only(
			describePortIssues(
				facts({
					change: {ephemeralPorts},
					ports: {
						50801: {
							state: 'occupied',
							reason: 'curl (pid 7) has it as the near end of a connection',
							occupant: {pid: 7, name: 'curl'},
						},
					},
				}),
			),
			'ports-occupied',
		).fixes;
	t.true(fixesWith()[0]?.startsWith('Wait: TCP 50801 will be free'));
	t.is(fixesWith()[1], '$ sudo sysctl -w net.ipv4.ip_local_reserved_ports=50800-50819');
	t.is(
		fixesWith({first: 32_768, last: 60_999, reserved: '8080,9000-9010'})[1],
		'$ sudo sysctl -w net.ipv4.ip_local_reserved_ports=8080,9000-9010,50800-50819',
	);
	t.is(fixesWith({first: 32_768, last: 60_999, reserved: '50800-50819'}).length, 1);
	t.is(fixesWith({first: 10_000, last: 20_000, reserved: ''}).length, 1);
});

test('where the checkers disagree it is said which says what', t => {
	const findings = [
		{server: 'https://a', reachable: true, error: null},
		{server: 'https://b', reachable: false, error: 'Connection timed out'},
	];
	const disputed = {state: 'disputed', findings} as const;
	const issue = only(
		describePortIssues(facts({ports: {50801: disputed, 50802: disputed}})),
		'ports-disputed',
	);
	t.is(issue.severity, 'warning');
	t.is(
		issue.message,
		'The port checkers disagree: TCP 50801–50802 (https://a reaches it, https://b does not (Connection timed out)).',
	);
	t.is(only(describePortIssues(facts({ports: everyPort(disputed)})), 'ports-disputed').severity, 'critical');
	t.is(
		only(describePortIssues(facts({change: {api: status(apiPort, disputed)}})), 'ports-disputed').severity,
		'critical',
	);
});

test('that no port checker answered is critical only where nothing is verified', t => {
	const checkers = ['https://a', 'https://b'].map(server => ({
		server,
		state: 'failed' as const,
		reached: 0,
		error: `${server} is down.`,
	}));
	const unknown = {state: 'unknown', reason: 'no port checker answered'} as const;
	const issue = only(
		describePortIssues(facts({change: {checkers}, ports: everyPort(unknown)})),
		'no-checker',
	);
	t.is(issue.severity, 'critical');
	t.is(
		issue.message,
		'No port checker answered (https://a: https://a is down; https://b: https://b is down).',
	);
	t.is(only(describePortIssues(facts({change: {checkers}})), 'no-checker').severity, 'warning');
	const [first] = checkers;
	const oneAnswered = [{server: 'https://a', state: 'answered' as const, reached: 0, error: null}];
	t.deepEqual(
		describePortIssues(facts({change: {checkers: [...oneAnswered, ...(first ? [first] : [])]}})),
		[],
	);
	const tooFew = {
		state: 'unknown',
		reason: 'only 1 of the 2 port checkers answered that are needed',
	} as const;
	t.true(
		only(
			describePortIssues(facts({change: {checkers: oneAnswered}, ports: everyPort(tooFew)})),
			'no-checker',
		).message.startsWith('Too few port checkers answered'),
	);
});

test('a public address that nobody tells, and a verification that is switched off, are told', t => {
	const unknown = only(
		describePortIssues(facts({change: {publicIp: null, publicIpSource: 'unknown: nobody told it'}})),
		'public-ip-unknown',
	);
	t.is(unknown.severity, 'critical');
	t.true(unknown.message.includes('(unknown: nobody told it)'));
	const skipped = only(
		describePortIssues(facts({change: {verificationSkipped: true}})),
		'verification-skipped',
	);
	t.is(skipped.severity, 'warning');
	t.true(skipped.message.includes('TCP 7466 and 50800–50819'));
});

const findingArbitrary = fc.record({
	server: fc.webUrl(),
	reachable: fc.boolean(),
	error: fc.option(fc.oneof(fc.constantFrom(...portErrors), fc.string({unit: 'binary'}))),
});

const changeArbitrary = fc.record({
	state: fc.constantFrom(...portStates),
	reason: fc.option(
		fc.oneof(
			fc.constantFrom(
				...portErrors,
				'no port checker answered',
				'x (pid 1) has it as the near end of a connection',
			),
			fc.string({unit: 'binary'}),
		),
	),
	findings: fc.array(findingArbitrary, {maxLength: 3}),
	occupant: fc.option(fc.record({pid: fc.nat(), name: fc.string({unit: 'binary'})})),
});

const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('45.67.89.10', '192.168.1.7', '100.64.0.1'));

const factsArbitrary: fc.Arbitrary<PortFacts> = fc
	.record({
		api: changeArbitrary,
		ports: fc.array(changeArbitrary, {minLength: 1, maxLength: 30}),
		change: fc.record({
			verificationSkipped: fc.boolean(),
			publicIp: fc.option(address),
			ownAddresses: fc.array(address, {maxLength: 4}),
			firewall: fc.constantFrom(
				...(['ufw', 'firewalld', 'nftables', 'nftables ip a b', 'iptables'] as const),
				...(['macos', 'windows', 'none', 'unknown'] as const),
			),
			isRoot: fc.boolean(),
			checkers: fc.array(
				fc.record({
					server: fc.webUrl(),
					state: fc.constantFrom('asked', 'answered', 'failed'),
					reached: fc.nat(),
					error: fc.option(fc.string({unit: 'binary'})),
				}),
				{maxLength: 3},
			),
		}),
	})
	.map(({api, ports, change}) => ({
		...facts({change}),
		api: status(apiPort, api),
		ports: ports.map((port, index) => status(range.start + index, port)),
		range: {start: range.start, end: range.start + ports.length},
	}));

/** The ports that a text names. */
function namedIn(text: string): Set<number> {
	const ranges = [...text.matchAll(/(\d+)(?:–(\d+))?/g)];
	return new Set(
		ranges.flatMap(([, first, last]) => {
			const [from, to] = [Number(first), Number(last ?? first)];
			return to - from < 100 ? Array.from({length: to - from + 1}, (_, index) => from + index) : [];
		}),
	);
}

test('whatever is found, each troubled port is named, the critical comes first and no kind twice', t => {
	fc.assert(
		fc.property(factsArbitrary, given => {
			const issues = describePortIssues(given);
			const isCritical = issues.map(({severity}) => severity === 'critical');
			t.deepEqual(
				isCritical,
				isCritical.toSorted((a, b) => Number(b) - Number(a)),
			);
			t.is(new Set(issues.map(({code}) => code)).size, issues.length);
			const isTroubled = ({state}: PortStatus) => ['unreachable', 'occupied', 'disputed'].includes(state);
			const named = namedIn(issues.map(({message}) => message).join('\n'));
			for (const {port} of [given.api, ...given.ports].filter(isTroubled)) {
				t.true(named.has(port), `${port}`);
			}
		}),
	);
});

test('whatever is found, an issue is lines for a terminal, and says what to do', t => {
	fc.assert(
		fc.property(factsArbitrary, given => {
			for (const issue of describePortIssues(given)) {
				t.deepEqual(portIssueSchema.parse(issue), issue);
				t.false([issue.message, ...issue.fixes].some(line => /\p{Cc}/u.test(line) || line.trim() === ''));
				t.true(issue.fixes.length > 0, issue.code);
				t.is(new Set(issue.fixes).size, issue.fixes.length);
			}
		}),
	);
});

test('every page that issues refer to is there, under that heading', async t => {
	const root = path.resolve(import.meta.dirname, '../../../..');
	const text = await fs.readFile(path.join(root, 'docs/hosting.md'), 'utf8');
	const headings = new Set(
		[...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
			(heading ?? '')
				.toLowerCase()
				.replaceAll(/[^\w\- ]/g, '')
				.replaceAll(' ', '-'),
		),
	);
	const seen = new Set<string>();
	fc.assert(
		fc.property(factsArbitrary, given => {
			for (const {docs, code} of describePortIssues(given)) {
				const [file, anchor] = docs.split('#');
				t.is(file, 'docs/hosting.md');
				t.true(headings.has(anchor ?? ''), docs);
				seen.add(code);
			}
		}),
		{numRuns: 500},
	);
	t.is(seen.size, 8);
	for (const [, anchor] of text.matchAll(/\]\(#([\w-]+)\)/g)) {
		t.true(headings.has(anchor ?? ''), anchor);
	}
});

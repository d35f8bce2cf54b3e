import type {PortIssue, PortStatus, PortsReport, PortVerification} from '../../../source/protocol/control.js';

export const checkedAt = '2026-01-02T03:04:05.000Z';
export const nowMs = Date.parse('2026-01-02T03:05:05.000Z');

/** A port nobody has told anything about, but for what the test says. */
export function portStatus(port: number, change: Partial<PortStatus> = {}): PortStatus {
	return {
		port,
		state: 'unknown',
		reason: null,
		vm_id: null,
		checked_at: null,
		is_checking: false,
		findings: [],
		occupant: null,
		...change,
	};
}

/** Neighbouring ports that were reached, but for those that the test says more of. */
export function verifiedPorts(
	count: number,
	others: Readonly<Record<number, Partial<PortStatus>>> = {},
	first = 50_800,
): PortStatus[] {
	return Array.from({length: count}, (_, index) => {
		const port = first + index;
		return portStatus(port, {state: 'verified', checked_at: checkedAt, ...others[port]});
	});
}

/** A verification that is done, but for what the test says. */
export function verification(change: Partial<PortVerification> = {}): PortVerification {
	return {
		phase: 'done',
		started_at: '2026-01-02T03:04:00.000Z',
		finished_at: checkedAt,
		next_at: '2026-01-02T03:34:05.000Z',
		total: 100,
		settled: 100,
		checkers: [{server: 'http://one.test', state: 'answered', reached: 98, error: null}],
		...change,
	};
}

/** A provider that is ready, but for what the test says. */
export function portsReport(change: Partial<PortsReport> = {}): PortsReport {
	return {
		verification_skipped: false,
		public_ip: '198.51.100.7',
		verification: verification(),
		api: portStatus(7466, {state: 'verified', checked_at: checkedAt}),
		ports: verifiedPorts(100),
		concurrent_vms: 10,
		issues: [],
		...change,
	};
}

export function issue(change: Partial<PortIssue> = {}): PortIssue {
	return {
		code: 'ports-unreachable',
		severity: 'warning',
		message: '2 ports are not reached from outside: 50801, 50813',
		fixes: ['Forward them in your router to this machine', '$ ufw allow 50800:50899/tcp'],
		docs: 'docs/hosting.md#ports',
		...change,
	};
}

export const twoUnreachable: Readonly<Record<number, Partial<PortStatus>>> = {
	50801: {state: 'unreachable', reason: 'Connection timed out'},
	50813: {state: 'unreachable', reason: 'Connection timed out'},
};

/** Before, during and after a verification, as a provider tells it. */
export function verificationSeries(): PortsReport[] {
	const asked = {server: 'http://one.test', state: 'asked' as const, reached: 0, error: null};
	const begun = {finished_at: null, next_at: null, settled: 0};
	const report = (change: Partial<PortVerification>, more: Partial<PortsReport> = {}) =>
		portsReport({
			verification: verification({...begun, ...change}),
			ports: verifiedPorts(100).map(({port}) => portStatus(port, {is_checking: true})),
			concurrent_vms: 0,
			...more,
		});
	return [
		report({phase: 'waiting', started_at: null, checkers: []}, {public_ip: null}),
		report({phase: 'address', checkers: []}, {public_ip: null}),
		report({phase: 'local', checkers: []}),
		report({phase: 'outside', checkers: [asked]}),
		report({phase: 'outside', checkers: [{...asked, reached: 40}], settled: 40}),
		portsReport({ports: verifiedPorts(100, twoUnreachable), issues: [issue()]}),
	];
}

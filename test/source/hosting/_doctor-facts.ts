import type {Answer, ProviderFigures, ServerAnswer} from '../../../source/hosting/doctor-facts.js';
import type {PortIssue, PortStatus, PortsReport} from '../../../source/protocol/control.js';
import {alice} from '../../support/identities.js';

export const there = <Value>(value: Value): Answer<Value> => ({isThere: true, value});
export const notThere = (code: string, reason: string): Answer<never> => ({isThere: false, code, reason});

export const discoveryUrl = 'http://192.0.2.1:9001';

/** Of a provider that offers; what a test cares about it says. */
export function figures(change: Partial<ProviderFigures> = {}): ProviderFigures {
	return {
		provider_id: alice.id,
		public_ip: '8.8.4.4',
		public_ip_source: 'as configured',
		images: ['micro'],
		offered: true,
		not_offered_because: [],
		advertising: [{url: discoveryUrl, advertised_at: '2026-01-01T00:00:00.000Z', error: null}],
		advertisement: {
			ip_address: '8.8.4.4',
			port: 7466,
			country: 'SE',
			resources: {cpu: 4, memory: 8, storage: 100},
			name: 'box',
			images: ['micro'],
		},
		load: {
			percent: {cpu: 12, memory: 40, storage: 50},
			thresholds: {cpu: 90, memory: 85, storage: 90},
			over: [],
		},
		...change,
	};
}

export function port(number: number, change: Partial<PortStatus> = {}): PortStatus {
	return {
		port: number,
		state: 'verified',
		reason: null,
		vm_id: null,
		checked_at: '2026-01-01T00:00:00.000Z',
		is_checking: false,
		findings: [{server: 'http://checker', reachable: true, error: null}],
		occupant: null,
		...change,
	};
}

export function issue(code: string, change: Partial<PortIssue> = {}): PortIssue {
	return {
		code,
		severity: 'critical',
		message: `It is ${code}.`,
		fixes: [`Mend ${code}.`],
		docs: `docs/hosting.md#${code}`,
		...change,
	};
}

/** Of a provider whose ports are all open. */
export function report(change: Partial<PortsReport> = {}): PortsReport {
	return {
		verification_skipped: false,
		public_ip: '8.8.4.4',
		verification: {
			phase: 'done',
			started_at: '2026-01-01T00:00:00.000Z',
			finished_at: '2026-01-01T00:00:01.000Z',
			next_at: null,
			total: 3,
			settled: 3,
			checkers: [{server: 'http://checker', state: 'answered', reached: 3, error: null}],
		},
		api: port(7466),
		ports: [port(50_800), port(50_801), port(50_802)],
		concurrent_vms: 3,
		issues: [],
		...change,
	};
}

/** A server whose clock differs from this machine's by so much, asked over a way of some length. */
export function server(url: string, {aheadMs = 0, wayMs = 20} = {}): ServerAnswer {
	const askedAtMs = Date.parse('2026-01-01T12:00:00.500Z');
	const answeredAtMs = askedAtMs + 2 * wayMs;
	const serverTimeMs = Math.floor((askedAtMs + wayMs + aheadMs) / 1000) * 1000;
	return {url, answer: there({askedAtMs, answeredAtMs, serverTimeMs})};
}

export const silentServer = (url: string): ServerAnswer => ({
	url,
	answer: notThere('NOT_REACHABLE', `The server at ${url} cannot be reached (ECONNREFUSED)`),
});

import assert from 'node:assert/strict';
import type {ExecutionContext} from 'ava';
import {type Network, startNetwork} from './network.js';
import {bytesOf, openDashboard, type Screen, type Size} from './screen.js';

/** A network whose provider also rents, from itself: everything that a dashboard shows is in its one home. */
export type DashboardWorld = Network & {
	home: string;
	environment: Record<string, string>;
	discovery: string;
	/** Opens the dashboard over it, and waits until it knows of the provider. */
	open(t: ExecutionContext, size?: Size, environment?: Record<string, string>): Promise<Screen>;
};

export const providerName = 'the-provider';

export async function startDashboardWorld(): Promise<DashboardWorld> {
	const network = await startNetwork({
		GOLEM_PROVIDER_NAME: providerName,
		// What is started from a dashboard takes no port of anybody's.
		PORT_CHECKER_HOST: '127.0.0.1',
		PORT_CHECKER_PORT: '0',
	});
	const {provider, requestor} = network;
	const environment = {...provider.environment, ...requestor.environment};
	return {
		...network,
		home: provider.home,
		environment,
		discovery: requestor.environment['GOLEM_REQUESTOR_DISCOVERY_URL'] ?? '',
		async open(t, size, more = {}) {
			const screen = await openDashboard(t, {
				home: provider.home,
				environment: {...environment, ...more},
				...(size ? {size} : {}),
			});
			await screen.shows([/ [1-9]\d* providers? /, 'q quit']);
			return screen;
		},
	};
}

/** Rents a VM, by the command line. */
export async function rentVm({provider, environment}: DashboardWorld, name: string): Promise<void> {
	const {exitCode, stdout, stderr} = await provider.golem(['vm', 'create', name, '--json'], {environment});
	assert.equal(exitCode, 0, stdout + stderr);
}

/** Presses keys as the keymap writes them. */
export function press(screen: Screen, ...keys: readonly string[]): void {
	for (const key of keys) {
		screen.type(bytesOf(key));
	}
}

/** Presses that, and waits until the screen shows what should come of it. */
export async function pressFor(
	screen: Screen,
	key: string,
	what: Parameters<Screen['shows']>[0],
	timeoutMs?: number,
): Promise<void> {
	press(screen, key);
	await screen.shows(what, timeoutMs);
}

/** Is every part of the frame where it belongs, once, and nothing else? */
export function isWhole(screen: Screen): boolean {
	const lines = screen.lines();
	const {rows} = screen.emulator;
	const count = (part: string | RegExp) => lines.filter(line => line.search(part) >= 0).length;
	return (
		lines.length === rows &&
		/^ golem \d/.test(lines[0] ?? '') &&
		/^ \d+ providers? /.test(lines[1] ?? '') &&
		/ q quit$| Esc (?:back|leave|no|drop it)$| any other key no$/.test(lines.at(-1) ?? '') &&
		count(/^ golem \d/) === 1 &&
		count(/ q quit$/) <= 1
	);
}

/** The row that is selected in a pane, by its mark. */
export const selectedRow = (screen: Screen): string | undefined =>
	screen.lines().find(line => line.startsWith('› '));

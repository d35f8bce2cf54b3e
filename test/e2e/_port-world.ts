import {randomBytes} from 'node:crypto';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import type {PortStatus, PortsReport} from '../../source/protocol/control.js';
import {createPortWorld, type PortWorld, type WorldProcess} from '../support/port-world.js';
import {
	startStrangers,
	startWorldChecker,
	startWorldDaemon,
	startWorldProvider,
	type WorldProvider,
} from '../support/port-world-daemons.js';
import type {Machine} from '../support/port-world-machines.js';
import type {RouterRules} from '../support/port-world-router.js';

/*
A provider at home behind a router, two port checkers and a discovery server outside, for the test file that imports
this: one world for all its tests, which run one after the other. Only root can make one.
*/
const isRoot = process.getuid?.() === 0;

export const portsFrom = (start: number, end: number) =>
	Array.from({length: end - start + 1}, (_, index) => start + index);

/** Below those that the system gives to outgoing connections. */
export const [first, last] = [20_800, 20_811];
export const range = portsFrom(first, last);
export const apiPort = 7466;

/** Tries are short here: all ways are. */
export const quick = {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '1'};

export let world: PortWorld;
export let checkers: string[];
export let discovery: string;
let providers = 0;

/** To be called by the test file before its tests. */
export function openWorld(): void {
	if (!isRoot) {
		test('without root there is no little internet to verify ports in', async t => {
			const space = `golem-${randomBytes(4).toString('hex')}`;
			const {failed} = await execa('ip', ['netns', 'add', space], {reject: false});
			t.true(failed);
		});
		return;
	}

	test.before(async t => {
		t.timeout(180_000);
		world = await createPortWorld();
		const [one, two] = await Promise.all([
			startWorldChecker(world, 'checker-1', {environment: quick}),
			startWorldChecker(world, 'checker-2', {environment: quick}),
			startWorldDaemon(world, 'checker-1', 'discovery', {
				home: path.join(world.folder, 'discovery'),
				environment: {DISCOVERY_RATE_LIMIT_PER_MINUTE: '100000'},
			}),
		]);
		checkers = [one.url, two.url];
		discovery = `http://${world.addresses['checker-1']}:9001`;
	});
	test.after.always(async () => {
		await world?.tearDown();
	});
}

/** A test in the world, where there can be one. */
export function inWorld(title: string, run: (t: ExecutionContext) => Promise<void>): void {
	if (isRoot) {
		test.serial(title, async t => {
			t.timeout(120_000);
			await run(t);
		});
	}
}

/** A provider of the test's own, gone with it. */
export async function startProvider(
	t: ExecutionContext,
	settings: Record<string, string> = {},
): Promise<WorldProvider> {
	providers += 1;
	const provider = await startWorldProvider(world, `provider-${providers}`, {
		GOLEM_PROVIDER_PORT: String(apiPort),
		GOLEM_PROVIDER_PORT_RANGE_START: String(first),
		GOLEM_PROVIDER_PORT_RANGE_END: String(last + 1),
		GOLEM_PROVIDER_PORT_CHECK_SERVERS: checkers.join(','),
		GOLEM_PROVIDER_DISCOVERY_URL: discovery,
		...settings,
	});
	t.teardown(provider.remove);
	return provider;
}

/** Other people's programs by their ports, gone with the test. */
export async function placeStrangers(
	t: ExecutionContext,
	machine: Machine,
	manners: Record<number, string>,
): Promise<WorldProcess> {
	const running = await startStrangers(world, machine, manners);
	t.teardown(running.kill);
	return running;
}

/** Sends these ports to the provider’s machine. */
export function forwarding(ports: readonly number[], rest: RouterRules = {}): RouterRules {
	return {...rest, forward: [{ports, to: world.addresses.home}]};
}

export const say = ({state, reason}: PortStatus) => (reason === null ? state : `${state}: ${reason}`);

/** Ports of the range by what is said of them. */
export function groups({ports}: PortsReport): Record<string, number[]> {
	const found: Record<string, number[]> = {};
	for (const status of ports) {
		found[say(status)] = [...(found[say(status)] ?? []), status.port];
	}

	return found;
}

/** What somebody on the internet gets who wants a VM, where the provider asks for no signature. */
export async function askForVm(): Promise<{status: number; code: string | undefined}> {
	const url = `http://${world.addresses.router}:${apiPort}/api/v1/vms?async=true`;
	const [answer] = await world.post('stranger', url, [{name: 'wanted', size: 'small'}]);
	return {status: answer?.status ?? 0, code: JSON.parse(answer?.body ?? '{}').code};
}

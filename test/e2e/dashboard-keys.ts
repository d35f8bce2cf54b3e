import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import {type ActionId, bindings} from '../../source/dashboard/bindings.js';
import {
	type DashboardWorld,
	isWhole,
	press,
	pressFor,
	providerName,
	rentVm,
	selectedRow,
	startDashboardWorld,
} from '../support/dashboard-world.js';
import type {Screen} from '../support/screen.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
Each key does what its help says, in a real terminal over a real network with two real VMs. The keys come from the table
that the dashboard itself has them from: one that is new there has no test here, and that is a fault.
*/
let world: DashboardWorld;

test.before(async () => {
	world = await startDashboardWorld();
	await rentVm(world, 'box');
});

test.after.always(async () => {
	await world?.tearDown();
});

const wide = {columns: 150, rows: 34};
/** Long enough for what a guest takes in emulation. */
const guestMs = 60_000;

/** What to see before and after a key; each begins and ends in the main view with the VMs. */
const checks: Readonly<
	Record<ActionId, (screen: Screen, key: string, t: ExecutionContext) => Promise<void>>
> = {
	up: (screen, key) => inDaemons(screen, ['end'], key, /^[^›]*› port-checker/m),
	down: (screen, key) => inDaemons(screen, [], key, /› port-checker/),
	left: (screen, key) => inPorts(screen, ['end'], key, ({end}) => end - 2),
	right: (screen, key) => inPorts(screen, ['home', 'right'], key, ({start}) => start + 1),
	'page-up': (screen, key) => inDaemons(screen, ['end'], key, /› discovery/),
	'page-down': (screen, key) => inDaemons(screen, [], key, /› provider +up/),
	home: (screen, key) => inDaemons(screen, ['end'], key, /› discovery/),
	end: (screen, key) => inDaemons(screen, [], key, /› provider +up/),
	async details(screen, key) {
		await pressFor(screen, key, ['VM box', 'What happened']);
		await back(screen);
	},
	async back(screen, key) {
		await pressFor(screen, 'enter', 'VM box');
		await pressFor(screen, key, '━▶ 1 VMs');
	},
	async 'next-pane'(screen, key) {
		for (const pane of ['2 Providers', '3 Ports', '4 Daemons', '1 VMs']) {
			await pressFor(screen, key, `━▶ ${pane}`);
		}
	},
	async 'previous-pane'(screen, key) {
		for (const pane of ['4 Daemons', '3 Ports', '2 Providers', '1 VMs']) {
			await pressFor(screen, key, `━▶ ${pane}`);
		}
	},
	async 'pane-1'(screen, key) {
		await pressFor(screen, 'tab', '━▶ 2 Providers');
		await pressFor(screen, key, '━▶ 1 VMs');
	},
	'pane-2': (screen, key) => toPane(screen, key, '2 Providers'),
	'pane-3': (screen, key) => toPane(screen, key, '3 Ports'),
	'pane-4': (screen, key) => toPane(screen, key, '4 Daemons'),
	async filter(screen, key) {
		press(screen, key, 'n', 'o', 'n', 'e');
		await screen.shows(['/none▏', 'Nothing matches the filter', '1 VMs 0/1']);
		await pressFor(screen, 'enter', /\/none [^▏]*$/m);
		await pressFor(screen, 'escape', /^› box/m);
		press(screen, key, '!', 'b', 'o', 'x');
		await screen.shows('1 VMs 0/1');
		await pressFor(screen, 'escape', /^› box/m);
	},
	async sort(screen, key) {
		await pressFor(screen, key, ['Sorted by name.', /NAME ?[▲↑]|[▲↑] ?NAME/]);
		await unsort(screen, key);
	},
	async 'sort-reverse'(screen, key) {
		await pressFor(screen, 's', /NAME ?[▲↑]|[▲↑] ?NAME/);
		await pressFor(screen, key, /NAME ?[▼↓]|[▼↓] ?NAME/);
		await unsort(screen, 's');
	},
	async 'vm.create'(screen, key) {
		await pressFor(screen, key, ['A new VM', 'golem vm create vm-1']);
		press(screen, 'down', 'right');
		await screen.shows(['‹ medium', 'golem vm create vm-1 --size medium']);
		press(screen, 'left', 'up', 'backspace', '2');
		await screen.shows('The same: golem vm create vm-2');
		await pressFor(screen, 'enter', ['Creating vm-2', 'Booting']);
		await screen.shows('vm-2 is ready; o opens a shell in it.', guestMs);
		await pressFor(screen, 'o', 'ubuntu@vm-2:~$', guestMs);
		screen.type('exit\r');
		await screen.shows('The shell in vm-2 has ended with status 0.');
		await pressFor(screen, 'escape', /^› vm-2 +running/m);
		await pressFor(screen, 'home', /^› box/m);
	},
	async 'vm.ssh'(screen, key) {
		await pressFor(screen, key, ['golem vm ssh box', 'ubuntu@box:~$'], guestMs);
		screen.type('exit 7\r');
		await screen.shows('The shell in box has ended with status 7.');
	},
	async 'vm.start'(screen, key) {
		await ensure(screen, 'stopped', 'x');
		await pressFor(screen, key, /^› box +running/m, guestMs);
		await screen.shows('box is running.');
	},
	async 'vm.stop'(screen, key) {
		await ensure(screen, 'running', 'u');
		await pressFor(screen, key, /^› box +stopped/m, guestMs);
		await screen.shows('box is stopped.');
		await ensure(screen, 'running', 'u');
	},
	async 'vm.destroy'(screen, key) {
		press(screen, 'end');
		await screen.shows(/^› vm-2 +running/m);
		await pressFor(screen, key, 'Destroy vm-2? What is on its disk is lost.');
		press(screen, 'v', 'm', 'enter');
		await screen.shows('That is not vm-2');
		press(screen, '-', '2', 'enter');
		await screen.shows(['vm-2 is destroyed.', '1 VMs 1 ', /^› box/m], guestMs);
	},
	async 'vm.copy'(screen, key) {
		await pressFor(screen, key, 'Copied: golem vm ssh box');
		await screen.hasShown(clipboard('golem vm ssh box'));
	},
	async 'provider.copy'(screen, key) {
		await pressFor(screen, '2', '━▶ 2 Providers');
		press(screen, key);
		await screen.hasShown(clipboard(world.provider.id));
		await pressFor(screen, '1', '━▶ 1 VMs');
	},
	async 'ports.verify'(screen, key, t) {
		const before = (await world.provider.control.ports()).verification.finished_at;
		await pressFor(screen, '3', '━▶ 3 Ports');
		await pressFor(screen, key, 'All ports are being tried.');
		const after = await eventually('they have been tried', async () => {
			const {verification} = await world.provider.control.ports();
			return verification.phase === 'done' && verification.finished_at !== before
				? verification.finished_at
				: undefined;
		});
		t.not(after, before);
		await pressFor(screen, '1', '━▶ 1 VMs');
	},
	async 'daemon.start'(screen, key) {
		await portChecker(screen);
		await pressFor(screen, key, /The port-checker runs \(pid \d+/, 30_000);
		await pressFor(screen, 'escape', /› port-checker up/);
		await pressFor(screen, 'x', /The port-checker \(pid \d+\) has stopped/);
		await leavePane(screen);
	},
	async 'daemon.stop'(screen, key) {
		await portChecker(screen);
		await pressFor(screen, 'u', /The port-checker runs \(pid \d+/, 30_000);
		await pressFor(screen, 'escape', /› port-checker up/);
		await pressFor(screen, key, /The port-checker \(pid \d+\) has stopped/);
		await leavePane(screen);
	},
	async 'daemon.logs'(screen, key) {
		await pressFor(screen, '4', '━▶ 4 Daemons');
		await pressFor(screen, 'end', /› provider +up/);
		await pressFor(screen, key, ['Log of the provider', /^\d\d:\d\d:\d\d info/m]);
		await back(screen);
		await leavePane(screen);
	},
	async 'log.pause'(screen, key) {
		await pressFor(screen, '4', '━▶ 4 Daemons');
		await pressFor(screen, 'end', /› provider +up/);
		await pressFor(screen, 'f', /^\d\d:\d\d:\d\d info/m);
		await pressFor(screen, key, 'held; Space lets it go on');
		press(screen, key);
		await screen.hides('held; Space');
		await back(screen);
		await leavePane(screen);
	},
	async activities(screen, key) {
		await pressFor(screen, key, ['vm-2 is destroyed.', 'The same: golem vm destroy vm-2 --yes']);
		await back(screen);
	},
	// The one here has no guest image to show it with; dashboard-demo.ts has.
	async demo(screen, key) {
		await pressFor(screen, ':', 'All actions');
		press(screen, ...'whole network');
		await screen.shows([/› A whole network on this machine/, `golem demo  ${key}`]);
		await back(screen);
	},
	async mouse(screen, key) {
		await pressFor(screen, key, 'The mouse selects now');
		const row = screen.lines().findIndex(line => line.includes(providerName));
		screen.type(`\u001B[<0;5;${row + 1}M\u001B[<0;5;${row + 1}m`);
		await screen.shows('━▶ 2 Providers');
		await pressFor(screen, '1', '━▶ 1 VMs');
		await pressFor(screen, key, 'The mouse is the terminal’s own again.');
	},
	async palette(screen, key) {
		await pressFor(screen, key, ['All actions', 'type to find one']);
		press(screen, ...'to the ports', 'enter');
		await screen.shows('━▶ 3 Ports');
		await pressFor(screen, '1', '━▶ 1 VMs');
	},
	async help(screen, key) {
		await pressFor(screen, key, ['The keys that work here', 'Open a shell in the VM, by OpenSSH']);
		await back(screen);
	},
	// No shell watches this terminal, so it comes back at once. dashboard-leaving.ts has one that does.
	async suspend(screen, key) {
		const before = screen.raw().length;
		press(screen, key);
		await eventually('the screen was left and taken again', () =>
			whenTrue(/\?1049l[\s\S]*\?1049h/.test(screen.raw().slice(before))),
		);
		await eventually('it is whole again', () => whenTrue(isWhole(screen)));
	},
	async quit(_, key, t) {
		const screen = await world.open(t, wide);
		press(screen, key);
		t.is((await screen.ended()).exitCode, 0);
	},
};

/** The VM that one creates is there for the next, and what is under way was there before. */
const order: readonly ActionId[] = ['vm.create', 'vm.destroy', 'activities', 'vm.stop', 'vm.start'];

test.serial('each key does what its help says', async t => {
	const faults: string[] = [];
	let screen = await openWide(t);
	const rank = (id: ActionId) => (order.includes(id) ? order.indexOf(id) : -1);
	for (const {id, keys} of bindings.toSorted((one, other) => rank(one.id) - rank(other.id))) {
		for (const key of keys) {
			try {
				await checks[id](screen, key, t);
				assert.ok(isWhole(screen), screen.text());
				assert.match(selectedRow(screen) ?? '', /^› box/);
			} catch (error) {
				// The next key begins anew.
				faults.push(`${key} (${id}): ${error instanceof Error ? error.message : error}`);
				screen.close();
				screen = await openWide(t);
			}
		}
	}

	t.deepEqual(faults, []);
	t.notRegex(screen.raw(), /\(node:\d+\)/, 'no warning of Node’s');
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
});

test.serial('all that is typed into a shell reaches it, and the first key after it is ours', async t => {
	const screen = await world.open(t);
	await screen.shows(/^› box +running/m, guestMs);
	await pressFor(screen, 'o', 'ubuntu@box:~$', guestMs);
	t.is(screen.emulator.buffer.active.type, 'normal');
	const typed = Array.from({length: 200}, (_, index) => 'abcdefghijklmnopqrstuvwxyz0123456789'[index % 36]);
	screen.type('stty -echo; cat\r');
	for (const letter of typed) {
		screen.type(letter ?? '');
		await new Promise(setImmediate);
	}

	screen.type('\r');
	// What was typed before `stty` had run is echoed, too.
	await screen.shows(text => text.replaceAll('\n', '').includes(typed.join('')));
	screen.type('\u0004exit 3\r');
	await screen.shows('The shell in box has ended with status 3.');
	t.true(isWhole(screen), screen.text());
	t.is(screen.emulator.buffer.active.type, 'alternate');
	await pressFor(screen, '4', '[4 Daemons');
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
});

async function openWide(t: ExecutionContext): Promise<Screen> {
	const screen = await world.open(t, wide);
	await screen.shows(/^› box +running/m, guestMs);
	return screen;
}

async function toPane(screen: Screen, key: string, title: string): Promise<void> {
	await pressFor(screen, key, `━▶ ${title}`);
	await pressFor(screen, '1', '━▶ 1 VMs');
}

async function inDaemons(screen: Screen, first: readonly string[], key: string, what: RegExp): Promise<void> {
	await pressFor(screen, '4', '━▶ 4 Daemons');
	await pressFor(screen, 'home', /› discovery/);
	if (first.length > 0) {
		press(screen, ...first);
		await screen.hides(/› discovery/);
	}

	await pressFor(screen, key, what);
	await pressFor(screen, 'home', /› discovery/);
	await leavePane(screen);
}

async function inPorts(
	screen: Screen,
	first: readonly string[],
	key: string,
	expected: (ports: {start: number; end: number}) => number,
): Promise<void> {
	await pressFor(screen, '3', '━▶ 3 Ports');
	press(screen, ...first, key, 'enter');
	await screen.shows(new RegExp(`^Port ${expected(world.provider.ports)}\\b`, 'm'));
	await back(screen);
	await leavePane(screen);
}

async function portChecker(screen: Screen): Promise<void> {
	await pressFor(screen, '4', '━▶ 4 Daemons');
	press(screen, 'home', 'down');
	await screen.shows(/› port-checker (?:down|lost)/);
}

const leavePane = (screen: Screen) => pressFor(screen, '1', '━▶ 1 VMs');

async function back(screen: Screen): Promise<void> {
	await pressFor(screen, 'escape', /━▶ \d/);
}

/** Turns on until the rows come in no order of ours. */
async function unsort(screen: Screen, key: string): Promise<void> {
	await eventually('the order is the usual one', async () => {
		const before = screen.raw().length;
		press(screen, key);
		await eventually('something comes of it', () => whenTrue(screen.raw().length > before));
		return whenTrue(screen.text().includes('In the order they come.'));
	});
}

/** Has the VM in that state, by that key where it is not. */
async function ensure(screen: Screen, state: 'running' | 'stopped', key: string): Promise<void> {
	await screen.shows(/^› box +(?:running|stopped)/m, guestMs);
	if (!new RegExp(`^› box +${state}`, 'm').test(screen.text())) {
		await pressFor(screen, key, new RegExp(`^› box +${state}`, 'm'), guestMs);
	}
}

/** The sequence that puts a text into the clipboard. */
const clipboard = (text: string) => `\u001B]52;c;${Buffer.from(text).toString('base64')}`;

import test from 'ava';
import {
	type DashboardWorld,
	isWhole,
	press,
	pressFor,
	providerName,
	rentVm,
	startDashboardWorld,
} from '../support/dashboard-world.js';
import {expectedScreens, maskVarying} from '../support/expected-screens.js';
import type {Screen, Size} from '../support/screen.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
How the dashboard looks: each view in a real terminal, over a real network with a real VM, in three sizes of the
terminal; and that another size at any moment leaves a whole screen.
*/
let world: DashboardWorld;

test.before(async () => {
	world = await startDashboardWorld();
	await rentVm(world, 'box');
});

test.after.always(async () => {
	await world?.tearDown();
});

/** What leads to each view from the one before, and what is there when it has come. */
const views: ReadonlyArray<readonly [name: string, keys: readonly string[], marks: readonly string[]]> = [
	['VMs', ['1'], ['box']],
	['VM', ['enter'], ['VM box']],
	['end of a VM', ['end'], ['nothing since']],
	['providers', ['escape', '2'], [providerName]],
	['provider', ['enter'], [`Provider ${providerName}`]],
	['ports', ['escape', '3'], ['1 in use']],
	['port', ['end', 'enter'], ['Port checkers']],
	['daemons', ['escape', '4'], ['port-checker']],
	['daemon', ['end', 'enter'], ['The provider', 'listening']],
	['daemon that is down', ['escape', 'home', 'enter'], ['The discovery', 'down']],
	['palette', ['escape', '1', ':'], ['All actions']],
	['searching in the palette', ['s', 'h', 'e', 'l', 'l'], ['> shell']],
	['help', ['escape', '?'], ['The keys that work here']],
	['form', ['escape', 'c'], ['A new VM']],
	['question', ['escape', 'D'], ['Destroy box?']],
	['filter', ['escape', '/', 'n', 'o', 'n', 'e'], ['Nothing matches']],
];

const sizes: readonly Size[] = [
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 200, rows: 50},
];

for (const size of sizes) {
	const {columns, rows} = size;
	test.serial(`every view looks as it should in ${columns} by ${rows}`, async t => {
		const screen = await world.open(t, size);
		const expected = expectedScreens(
			new URL(`screens/dashboard-${columns}x${rows}.txt`, import.meta.url),
			text => maskFigures(maskVarying(text)),
		);
		await untilSampled(screen);
		for (const [name, keys, marks] of views) {
			await pressAll(screen, keys);
			await screen.shows(marks);
			await expected.is(t, screen, name);
			t.true(isWhole(screen), `${name}\n${screen.text()}`);
		}

		expected.end(t);
		t.notRegex(screen.raw(), clearing);
		await quit(screen);
	});
}

test.serial('the log shows what the daemon writes, holds still when told, and filters', async t => {
	const screen = await world.open(t);
	await pressAll(screen, ['4', 'end']);
	await pressFor(screen, 'f', [' Log of the provider  golem provider logs --follow', 'Space pause']);
	await screen.shows(/^\d\d:\d\d:\d\d info {2}\S/m);
	await pressFor(screen, 'space', 'held; Space lets it go on');
	await pressAll(screen, ['/', 'z', 'q', 'z', 'q', 'enter']);
	await screen.shows(['/zqzq', 'nothing to show']);
	press(screen, 'escape');
	await screen.hides('nothing to show');
	t.true(isWhole(screen));
	await quit(screen);
});

test.serial('what is under way is shown with its steps, its result and its command', async t => {
	const screen = await world.open(t);
	await pressAll(screen, ['4', 'down']);
	await screen.shows(/^› port-checker/m);
	await pressFor(screen, 'u', ['Starting the port-checker', 'The same: golem port-checker --detach']);
	await screen.shows(
		[/✓ Starting the port-checker {2}[\d.]+ s/, /The port-checker runs \(pid \d+, http:/],
		30_000,
	);
	t.true(isWhole(screen));
	await pressAll(screen, ['escape']);
	await screen.shows(/^› port-checker up/m);
	await pressFor(screen, 'x', /^ The port-checker \(pid \d+\) has stopped/m);
	await screen.shows(/^› port-checker (?:down|lost)/m);
	await quit(screen);
});

test.serial('60 by 16 is enough for everything, and less is told', async t => {
	const screen = await world.open(t, {columns: 60, rows: 16});
	for (const [name, keys, marks] of views) {
		await pressAll(screen, keys);
		await screen.shows(name === 'end of a VM' || name === 'daemon' ? marks.slice(0, 1) : marks);
		t.true(isWhole(screen), `${name}\n${screen.text()}`);
	}

	await pressAll(screen, ['escape']);
	for (const size of [
		{columns: 59, rows: 16},
		{columns: 60, rows: 15},
		{columns: 1, rows: 1},
		{columns: 20, rows: 5},
	]) {
		screen.resize(size);
		const {columns, rows} = size;
		const told = `This window is too small: ${columns}×${rows}; it takes 60×16. q quits.`;
		await screen.shows(text => text.replaceAll(/\s+/g, ' ').trim() === (columns === 1 ? 'T' : told));
	}

	screen.resize({columns: 80, rows: 24});
	await eventually('all of it is back', () => whenTrue(isWhole(screen)));
	await quit(screen);
});

test.serial('other sizes in quick succession, in any view, leave a whole screen', async t => {
	const screen = await world.open(t, {columns: 80, rows: 24});
	for (const [index, [name, keys, marks]] of views.entries()) {
		await pressAll(screen, keys);
		await resizeAll(screen, [
			{columns: 200, rows: 50},
			{columns: 61, rows: 17},
			{columns: 30, rows: 10},
			{columns: 120, rows: 40},
			{columns: 100 + index, rows: 30},
		]);
		await eventually(`${name} is whole again`, () => whenTrue(isWhole(screen))).catch((error: unknown) => {
			t.fail(`${error}\n${screen.text()}`);
		});
		await screen.shows(name === 'end of a VM' ? [] : marks);
	}

	t.notRegex(screen.raw(), clearing);
	await pressAll(screen, ['escape']);
	await quit(screen);
});

test.serial('a size that is left and come back to in one moment leaves a whole screen', async t => {
	const screen = await world.open(t, {columns: 100, rows: 30});
	for (let round = 0; round < 5; round++) {
		await resizeAll(screen, [
			{columns: 30, rows: 10},
			{columns: 100, rows: 30},
		]);
		await eventually('it is whole again', () => whenTrue(isWhole(screen))).catch(() => {});
		t.true(isWhole(screen), screen.text());
	}

	await quit(screen);
});

/** One after the other, so that some come in the middle of a frame. */
async function resizeAll(screen: Screen, all: readonly Size[]): Promise<void> {
	for (const size of all) {
		screen.resize(size);
		await new Promise(setImmediate);
	}
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const clearing = /\u001B\[[23]J/;

async function quit(screen: Screen): Promise<void> {
	press(screen, 'ctrl-c', 'ctrl-c');
	await screen.ended();
}

async function pressAll(screen: Screen, keys: readonly string[]): Promise<void> {
	press(screen, ...keys);
}

/** Until its provider has told often enough of what the VM uses. */
async function untilSampled(screen: Screen): Promise<void> {
	await screen.shows(/^› box +running/m);
	await pressAll(screen, ['1', 'enter', 'end']);
	await screen.shows([/disk .*[▁-█] [\d.]+ \w?B\/s/, 'nothing since'], 30_000);
	await pressAll(screen, ['escape', '1']);
	await screen.shows(/^› box +running/m);
}

/** What the provider tells of its load, its versions and times is of another width each time. */
function maskFigures(text: string): string {
	return text
		.replaceAll(/(?<=^ {2}(?:pid|version) +)\S+$/gm, '#')
		.replace(/(?<=^Figures\n)[\s\S]*(?=\n.*\n.*$)/m, '  ~');
}

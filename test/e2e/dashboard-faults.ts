import test from 'ava';
import {createControlClient} from '../../source/client/control-client.js';
import {golemPaths} from '../../source/platform/paths.js';
import {createIdentity} from '../../source/protocol/identity.js';
import {advertise} from '../support/advertisements.js';
import {
	type DashboardWorld,
	isWhole,
	press,
	pressFor,
	providerName,
	startDashboardWorld,
} from '../support/dashboard-world.js';
import {openDashboard} from '../support/screen.js';
import {eventually, whenTrue} from '../support/waiting.js';

/* What the dashboard shows of what goes wrong around it: strangers who call themselves strangely, and sudden deaths. */
let world: DashboardWorld;

test.before(async () => {
	world = await startDashboardWorld();
});

test.after.always(async () => {
	await world?.tearDown();
});

/** All of them are one line of printable characters to discovery. */
const strangeNames = [
	'👩👩👧👧 emoji 🏳️ 🇸🇪 ❤️ ✌🏽',
	`Z${'\u0300\u0301\u0302\u0303'.repeat(12)}algo`,
	'\u0300\u0301 begins with a mark',
	'שלום עולם',
	'مرحبا بالعالم',
	'日本語の名前が長い日本語の名前が長い日本語の名前が長い',
	'\uFF21\uFF22\uFF23 full width',
	'\u3164\u3164 fillers \u115F\u1160',
	'a\u2028b line separator',
	'\u{1F600} ﷽ wide ﷽',
	'กำ ตำ thai',
	'ｶﾞ half width',
	'x'.repeat(64),
	'[31m no escape',
];

test.serial('however a provider calls itself, all columns stay where they are', async t => {
	for (const [index, name] of strangeNames.entries()) {
		const key = String(index + 1)
			.padStart(2, '0')
			.repeat(32);
		const answer = await advertise({url: world.discovery}, createIdentity(key), {name});
		t.is(answer.status, 200, `${name}: ${JSON.stringify(answer)}`);
	}

	const count = strangeNames.length + 1;
	for (const size of [
		{columns: 80, rows: 24},
		{columns: 120, rows: 50},
	]) {
		const screen = await openDashboard(t, {home: world.home, environment: world.environment, size});
		press(screen, '2');
		await screen.shows([` ${count} providers `, providerName]);
		await eventually('it is whole', () => whenTrue(isWhole(screen))).catch((error: unknown) => {
			t.fail(`${error}\n${screen.text()}`);
		});
		const row = screen.lines().findIndex(line => line.includes('NAME') && line.includes('CC'));
		const header = cellsOf(screen, row);
		const column = header.indexOf('CC');
		for (let index = 1; index <= count; index++) {
			const cells = cellsOf(screen, row + index);
			t.regex(cells.slice(column, column + 3), /^(?:SE) $/, `${cells}\n${screen.text()}`);
		}

		// The selection goes through all of them, and the next pane is where it was.
		for (let index = 0; index < count; index++) {
			press(screen, 'down');
		}

		await pressFor(screen, 'enter', ['Free', 'signature']);
		t.true(isWhole(screen), screen.text());
		press(screen, 'q');
		t.is((await screen.ended()).exitCode, 0);
	}
});

test.serial('a discovery that does not answer is told of where its providers would be', async t => {
	const screen = await openDashboard(t, {
		home: world.home,
		environment: {...world.environment, GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'},
		size: wide,
	});
	await pressFor(screen, '2', [
		/✗ http:\/\/127\.0\.0\.1:1 does not answer .*never heard of/,
		/^ *http:\/\/127\.0\.0\.1:1 does not answer/m,
	]);
	await pressFor(screen, 'enter', 'There is nothing to look at here yet.');
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
});

test.serial('a daemon that is killed is seen to be lost at once, and what it told of goes', async t => {
	const screen = await world.open(t, wide);
	await screen.shows([/provider +up/, 'Provider Ready']);
	await world.provider.crash();
	await screen.shows([/provider +lost/, 'No provider runs on this machine.'], soonMs);

	const services = golemPaths(`${world.folder}/s`);
	const others = await openDashboard(t, {
		home: services.home,
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: world.discovery},
		size: wide,
	});
	await others.shows([/discovery +up/, /port-checker +up/, `✓ ${world.discovery}`]);
	for (const name of ['port-checker', 'discovery'] as const) {
		const {pid} = await createControlClient(name, services.daemonSocket(name)).status();
		process.kill(pid, 'SIGKILL');
		await others.shows(new RegExp(`${name} +lost`), soonMs);
	}

	// By the next time that it is asked, which a failure puts off.
	for (const each of [screen, others]) {
		await each.shows(new RegExp(`✗ ${world.discovery} does not answer .*last heard`), pollMs);
		t.true(isWhole(each), each.text());
		press(each, 'q');
		t.is((await each.ended()).exitCode, 0);
	}
});

/** Wide enough for whole messages. */
const wide = {columns: 200, rows: 50};
/** That long, a person looks at the wrong thing. */
const soonMs = 2000;
const pollMs = 15_000;

/** A row, a character for each cell of the terminal. */
function cellsOf({emulator}: Awaited<ReturnType<typeof openDashboard>>, row: number): string {
	const {active} = emulator.buffer;
	const line = active.getLine(active.baseY + row);
	return Array.from({length: emulator.cols}, (_, x) => {
		const characters = line?.getCell(x)?.getChars() || ' ';
		return characters.length === 1 ? characters : '*';
	}).join('');
}

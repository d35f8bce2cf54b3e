import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {provideImages} from '../support/images.js';
import {removeWithProcesses} from '../support/leftovers.js';
import {startNetwork} from '../support/network.js';
import {bytesOf, openGolem, type Screen} from '../support/screen.js';
import {screenPicture} from '../support/screen-picture.js';

/*
Makes the pictures of the documentation anew: `npm run pictures`. Each is what the real program shows in a real
terminal, over a network of real processes with a real VM. Needs the guest image of `golem setup`, and a minute.
*/
const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
/** In the picture, so it is one that a user could have. */
const home = '/tmp/golem-pictures';
const size = {columns: 120, rows: 34};
const guestMs = 90_000;
const nowhere = 'http://127.0.0.1:1';

await fs.mkdir(folder, {recursive: true});
await takeDashboard();
await takeProvider();

/** The dashboard over its own demo network. */
async function takeDashboard(): Promise<void> {
	await removeWithProcesses(home);
	await provideImages(home);
	const screen = openGolem([], {home, environment: {GOLEM_REQUESTOR_DISCOVERY_URL: nowhere}, size});
	try {
		await screen.shows('You have no VMs.');
		await press(screen, ['d'], ['DEMO NETWORK', 'demo-provider', /provider +up/, '16 verified'], guestMs);
		await press(screen, ['c'], 'golem vm create vm-1');
		await press(screen, ['backspace', 'backspace', 'backspace', 'backspace', ...'build'], 'vm create build');
		await press(screen, ['enter'], 'build is ready', guestMs);
		await press(screen, ['escape'], /^› build +running/m);
		await press(screen, ['o'], 'ubuntu@build:~$', guestMs);
		// Something to see in its curves.
		screen.type(
			'(timeout 20 sh -c "while :; do :; done"; dd if=/dev/zero of=f bs=1M count=20) >/dev/null 2>&1 &\r',
		);
		screen.type('exit\r');
		await press(screen, ['1', '2', '1'], [/^› build +running +\d+ %/m, /[▂-█]|2 in use|1 in use/], guestMs);
		await take(screen, 'dashboard', 'The dashboard: VMs, providers, ports and daemons');
		await press(screen, ['enter'], [/CPU .*[▁-█]{24}/, /network .*[▁-█]{20}/], guestMs);
		await take(screen, 'vm', 'A VM: its state, the way in, what it uses, what has happened');
		await press(screen, ['escape'], /^› build/m);
		await press(screen, [':'], 'All actions');
		await press(screen, [...'shell'], '> shell');
		await take(screen, 'palette', 'Every action, found by typing');
		await press(screen, ['escape'], /^› build/m);
	} finally {
		screen.close();
		await removeWithProcesses(home);
	}
}

/** What the owner of a provider sees; two ports of it are another program's. */
async function takeProvider(): Promise<void> {
	const network = await startNetwork({GOLEM_PROVIDER_NAME: 'attic'});
	const {provider, requestor} = network;
	const environment = {...provider.environment, ...requestor.environment};
	const open = (args: readonly string[], columns = 100, rows = 30) =>
		openGolem(args, {home: provider.home, environment, size: {columns, rows}});
	try {
		const ports = open([], size.columns, 24);
		await press(ports, ['3'], ['16 verified', / 1 providers? /]);
		await press(ports, ['v'], 'All ports are being tried.');
		await ports.shows('16 verified');
		await press(ports, ['3'], '16 verified');
		await take(ports, 'ports', 'The ports that a provider offers, each as it was found from outside');
		ports.close();

		const doctor = open(['doctor'], 100, 40);
		await doctor.ended(60_000);
		await take(doctor, 'doctor', 'golem doctor: why do I get no work?');

		await provider.golem(['provider', 'stop']);
		const front = open(['provider'], 100, 24);
		// What is remembered from before is shown while all of it is tried anew.
		await front.shows(['Provider Ready', '16 verified', text => !text.includes('░')], 60_000);
		await front.hides('starting');
		await take(front, 'provider', 'golem provider: checks that it can be reached, advertises, runs VMs');
		front.close();
	} finally {
		await network.tearDown();
	}
}

async function press(
	screen: Screen,
	keys: readonly string[],
	what: Parameters<Screen['shows']>[0],
	timeoutMs?: number,
): Promise<void> {
	for (const key of keys) {
		screen.type(bytesOf(key));
	}

	await screen.shows(what, timeoutMs);
}

async function take({emulator}: Screen, name: string, title: string): Promise<void> {
	const file = path.join(folder, `${name}.svg`);
	await fs.writeFile(file, screenPicture(emulator, title));
	process.stdout.write(`${path.relative('.', file)}\n`);
}

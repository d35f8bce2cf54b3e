import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {isWhole, press, pressFor} from '../support/dashboard-world.js';
import {provideImages} from '../support/images.js';
import {processesOf, removeWithProcesses} from '../support/leftovers.js';
import {openDashboard} from '../support/screen.js';

test('in a new home one key starts a whole network on this machine, and the same key ends it', async t => {
	const home = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'g-')));
	t.teardown(() => removeWithProcesses(home));
	await provideImages(home);
	const screen = await openDashboard(t, {
		home,
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'},
		size: {columns: 120, rows: 40},
	});
	await screen.shows('You have no VMs.');
	// Twice, as who sees nothing happen for a moment does.
	press(screen, 'd');
	await pressFor(screen, 'd', ['Starting a network on this machine', 'The same: golem demo']);
	await screen.shows(['DEMO NETWORK', 'demo-provider'], 60_000);
	await screen.shows([/discovery +up/, /port-checker +up/, /provider +up/, '16 verified']);
	t.true(isWhole(screen), screen.text());

	press(screen, 'c');
	await screen.shows('golem vm create vm-1');
	await pressFor(screen, 'enter', 'vm-1 is ready', 60_000);
	await pressFor(screen, 'escape', /^› vm-1 +running/m);

	await pressFor(screen, 'd', 'The demo is gone.', 60_000);
	await screen.hides('DEMO NETWORK');
	await screen.shows('You have no VMs.');
	t.true(isWhole(screen), screen.text());
	t.deepEqual(await processesOf(`${home}/demo`), []);
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
});

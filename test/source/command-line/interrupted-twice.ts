import test from 'ava';
import {startGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {serve} from '../requestor/_stand-ins.js';

test('a signal that comes once to the process and once to its group is one, and its answer is complete', async t => {
	const home = await temporaryFolder(t);
	// A discovery server that never answers.
	const {url} = await serve(t, () => {});
	const environment = {GOLEM_REQUESTOR_DISCOVERY_URL: url};
	const running = startGolem(['vm', 'create', 'my-vm', '--json'], {home, environment});
	await running.printed('Looking for a provider');
	// Two of the same kind might reach it as one.
	running.signal('SIGINT');
	running.signal('SIGTERM');
	const {exitCode, json} = await running.ended;
	t.is(exitCode, 130);
	t.is(json?.error.code, 'INTERRUPTED');
});

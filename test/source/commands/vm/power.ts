import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {answer, serve} from '../../requestor/_stand-ins.js';
import {hostKey, rented, renter, told} from './_world.js';

const otherKey = hostKey.replace('HJdyomBj', 'HJdyomXX');

/** A provider whose VM comes up on that port, with other host keys than before. */
async function provider(t: ExecutionContext, sshPort: number) {
	const requests: string[] = [];
	const {port} = await serve(t, (request, _body, response) => {
		const path = String(request.url);
		requests.push(`${request.method} ${path}`);
		if (path.endsWith('/access')) {
			answer(response, {...rented('web', port).access, ssh_port: sshPort, ssh_host_keys: [otherKey]});
		} else {
			answer(response, told('web', path.endsWith('/stop') ? 'stopped' : 'running'));
		}
	});
	return {port, requests};
}

const configOf = (home: string) => fs.readFile(path.join(home, 'ssh', 'config'), 'utf8');

test('a VM that comes up on another port is found there, by plain ssh too, and by its host keys of before', async t => {
	const {port} = await provider(t, 50_811);
	const {home, golem, remember, rentals} = await renter(t);
	await remember(rented('web', port), rented('db1', port));
	t.is((await golem(['vm', 'ssh-config', '--write'])).exitCode, 0);
	t.notRegex(await configOf(home), /50811/);

	const {exitCode, json, stdout} = await golem(['vm', 'start', 'web', '--json']);
	t.is(exitCode, 0, stdout);
	t.is(json.status, 'running');
	const ports = Object.fromEntries((await rentals()).map(({name, access}) => [name, access?.ssh_port]));
	t.deepEqual(ports, {web: 50_811, db1: 50_800});
	t.true((await rentals()).every(({access}) => access?.ssh_host_keys.join() === hostKey));
	const config = await configOf(home);
	t.regex(config, /^Host web\n\tHostName 127\.0\.0\.1\n\tPort 50811\n/m);
	t.regex(config, /^Host db1\n\tHostName 127\.0\.0\.1\n\tPort 50800\n/m);
	t.is(await fs.readFile(path.join(home, 'ssh', 'known_hosts.web'), 'utf8'), `golem-web ${hostKey}\n`);
});

test('a start writes no SSH configuration that nobody asked for', async t => {
	const {port} = await provider(t, 50_811);
	const {home, golem, remember, rentals} = await renter(t);
	await remember(rented('web', port));
	t.is((await golem(['vm', 'start', 'web'])).stdout, 'web is running.\n');
	t.is((await rentals())[0]?.access?.ssh_port, 50_811);
	await t.throwsAsync(configOf(home), {code: 'ENOENT'});
});

test('a stop asks for nothing else', async t => {
	const {port, requests} = await provider(t, 50_811);
	const {golem, remember, rentals} = await renter(t);
	await remember(rented('web', port));
	t.is((await golem(['vm', 'stop', 'web'])).stdout, 'web is stopped.\n');
	t.deepEqual(requests, ['POST /api/v1/vms/golem-web/stop']);
	t.is((await rentals())[0]?.access?.ssh_port, 50_800);
});

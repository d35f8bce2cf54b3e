import http from 'node:http';
import test from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {startDaemon} from '../../support/daemon.js';
import {postJson} from '../../support/http.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {challenge, closedPort, deadPorts, proofOf, saySilence, startPeer, talkAsGolem} from './_peers.js';

test('with a challenge each port is asked who it is, and the API by HTTP', async t => {
	const checker = await startDaemon(t, 'port-checker', {
		environment: {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '2'},
	});
	const proof = proofOf(challenge, 1);
	const api = http.createServer((_, response) => response.end(JSON.stringify({proof})));
	const [golem, ssh, silent, web, closed] = [
		await startPeer(t, talkAsGolem),
		await startPeer(t, socket => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
		await startPeer(t, saySilence),
		await startPeer(t, socket => api.emit('connection', socket)),
		await closedPort(t),
	];
	const ports = [golem.port, ssh.port, silent.port, web.port, closed];
	const body = {provider_ip: '127.0.0.1', ports, challenge, api_port: web.port};
	const answer = await postJson({url: checker.url}, '/check-ports', body);
	t.is(answer.status, 200, answer.text);
	const verified = {accessible: true, error: null, verified: true};
	t.deepEqual(answer.json, {
		success: true,
		results: {
			[golem.port]: {...verified, proof: proofOf(challenge, golem.port)},
			[ssh.port]: {...verified, proof: null},
			[silent.port]: {accessible: false, error: 'Wrong answer', verified: false},
			[web.port]: {...verified, proof},
			[closed]: {accessible: false, error: 'Connection refused', verified: false},
		},
		message: 'Successfully verified 3 out of 5 ports',
	});
	t.is(silent.heard() + ssh.heard(), '');
	t.like(await checker.control.status(), {
		ports_checked: 5,
		ports_open: 3,
		ports_verified: 2,
		sockets_open: 0,
	});

	const {json} = await postJson({url: checker.url}, '/check-ports', {...body, api_port: undefined});
	t.is(json.results[web.port].error, 'Wrong answer');
});

test('1000 dead ports and 24 open ones behind them are all tried, within 20 s', async t => {
	const checker = await startDaemon(t, 'port-checker');
	const dead = await deadPorts(t, 1000);
	const open = await Promise.all(Array.from({length: 24}, () => startPeer(t, talkAsGolem)));
	const began = performance.now();
	const {json} = await postJson({url: checker.url}, '/check-ports', {
		provider_ip: '127.0.0.1',
		ports: [...dead, ...open.map(({port}) => port)],
		challenge,
	});
	t.true(performance.now() - began < 20_000);
	t.is(json.message, 'Successfully verified 24 out of 1024 ports');
	for (const {port} of open) {
		t.is(json.results[port].proof, proofOf(challenge, port));
	}

	t.deepEqual(new Set(dead.map(port => json.results[port].error)), new Set(['Connection timed out']));
	t.is(checker.stderr().includes('Warning'), false);
});

test('one caller’s checks at once are bounded, and one too many is told so at once', async t => {
	const checker = await startDaemon(t, 'port-checker');
	const silent = await startPeer(t, saySilence);
	// Each asks for the most sockets there are for one check; most of its ports are refused, the silent one holds it.
	const ports = [silent.port, ...Array.from({length: 600}, (_, index) => index + 1)];
	const caller = new AbortController();
	const check = () =>
		fetch(`${checker.url}/check-ports`, {
			method: 'POST',
			headers: {'Content-Type': 'application/json'},
			body: JSON.stringify({provider_ip: '127.0.0.1', ports, challenge}),
			signal: caller.signal,
		});
	const held = [check(), check()];
	await eventually('both are under way', () => whenTrue(silent.connections() >= 2));
	const refused = await check();
	t.is(refused.status, 429);
	t.is(refused.headers.get('Retry-After'), '18');
	t.like(await refused.json(), {code: 'RATE_001'});
	t.like(await checker.control.status(), {checks: 0, checks_refused: 1});

	caller.abort();
	await Promise.all(held.map(answer => t.throwsAsync(answer, {any: true})));
	await eventually('nothing of them is left', async () =>
		whenTrue((await checker.control.status())['sockets_open'] === 0),
	);
	const small = {provider_ip: '127.0.0.1', ports: [silent.port]};
	t.is((await postJson({url: checker.url}, '/check-ports', small)).status, 200);
	t.like(await checker.control.status(), {checks: 1, checks_refused: 1});
});

test('a shutdown ends a check, and its caller is told so', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: {PORT_CHECK_TIMEOUT: '60'}});
	const silent = await startPeer(t, saySilence);
	const body = {provider_ip: '127.0.0.1', ports: [silent.port], challenge};
	const answer = postJson({url: checker.url}, '/check-ports', body);
	await eventually('the check is under way', () => whenTrue(silent.connections() === 1));
	await checker.control.shutDown();
	t.like(await answer, {status: 503});
	t.is((await answer).json.code, 'SRV_002');
	t.deepEqual(await checker.ended, {code: exitCodes.done, signal: null});
});

import type http from 'node:http';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readOrCreateKeyFile} from '../../../source/platform/identity-file.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {createIdentity, createPrivateKey} from '../../../source/protocol/identity.js';
import {checkSignature, readCredentials, requestText} from '../../../source/protocol/signed-request.js';
import {openRentals} from '../../../source/requestor/rentals.js';
import {runGolem} from '../../support/golem.js';
import {startHttpServer} from '../../support/http-server.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const providerId = `0x${'ab'.repeat(20)}`;

type Received = {method: string; path: string; body: string; headers: http.IncomingHttpHeaders};

/** A provider that notes what it gets, answers a VM named `gone` with an error and everything else with the body. */
async function startProvider(t: ExecutionContext) {
	const received: Received[] = [];
	const {url} = await startHttpServer(t, (response, request) => {
		let body = '';
		request.setEncoding('utf8').on('data', (text: string) => {
			body += text;
		});
		request.on('end', () => {
			const {method = '', url: at = '', headers} = request;
			received.push({method, path: at, body, headers});
			const isError = at.endsWith('/gone');
			response.writeHead(isError ? 404 : 200, {'content-type': 'application/json', 'x-own': 'yes'});
			response.end(
				JSON.stringify(
					isError
						? {code: 'VM_002', message: 'No such VM.', timestamp: 'now', details: {hint: 'Look again.'}}
						: {got: body},
				),
			);
		});
	});
	const home = await temporaryFolder(t);
	const paths = golemPaths(home);
	const identity = createIdentity(await readOrCreateKeyFile(paths.identity, createPrivateKey));
	const rentals = await openRentals(path.join(home, 'vms.db'));
	await rentals.set('my-vm', {
		name: 'my-vm',
		provider: {id: providerId, host: '127.0.0.1', port: Number(new URL(url).port)},
		resources: {cpu: 1, memory: 1, storage: 10},
		image: null,
		idempotency_key: 'once',
		vm_id: null,
		job_id: null,
		access: null,
		created_at: new Date().toISOString(),
	});
	await rentals.close();
	const api = (...words: string[]) => runGolem(['api', ...words], {home});
	return {url, received, identity, api};
}

test('a request is signed for the provider it goes to, as it is sent', async t => {
	const {received, identity, api} = await startProvider(t);
	const at = '/api/v1/a/../vms?x=%20y';
	const {exitCode, json, stderr} = await api('POST', at, '--provider', 'my-vm', '--data', '{"name": "é"}');
	t.is(exitCode, 0, stderr);
	t.deepEqual(json, {got: '{"name": "é"}'});
	const [{method = '', path: sent = '', body = '', headers = {}} = {}] = received;
	t.is(sent, at);
	const credentials = readCredentials(headers, 'Requestor');
	t.is(credentials.id, identity.id);
	t.notThrows(() =>
		checkSignature(
			requestText({method, path: sent, audience: providerId, timestamp: credentials.timestamp, body}),
			credentials,
		),
	);
});

test('a provider is found by its id too', async t => {
	const {received, api} = await startProvider(t);
	t.is((await api('GET', '/health', '--provider', providerId)).exitCode, 0);
	t.is(received.length, 1);
});

test('an error is answered with its own exit status, and with --json as every error is', async t => {
	const {api} = await startProvider(t);
	const people = await api('GET', '/api/v1/vms/gone', '--provider', 'my-vm');
	t.is(people.exitCode, 3);
	t.is(people.json.code, 'VM_002', 'the answer as it is');
	t.regex(people.stderr, /No such VM\.\n {2}Look again\./);
	const scripts = await api('GET', '/api/v1/vms/gone', '--provider', 'my-vm', '--json');
	t.is(scripts.exitCode, 3);
	t.is(scripts.json.error.code, 'VM_002');
	t.is(scripts.json.error.hint, 'Look again.');
	t.is(scripts.json.error.details.status, 404);
});

test('--include shows status and headers', async t => {
	const {api} = await startProvider(t);
	const {stdout} = await api('GET', '/x', '--provider', 'my-vm', '--include');
	t.regex(stdout, /^HTTP\/1\.1 200 OK\n[\s\S]*x-own: yes\n[\s\S]*\n\n\{"got":""\}\n$/);
	const {json} = await api('GET', '/x', '--provider', 'my-vm', '--include', '--json');
	t.is(json.status, 200);
	t.is(json.headers['x-own'], 'yes');
	t.deepEqual(json.body, {got: ''});
});

test('lines that come one by one are printed as they are', async t => {
	const {url} = await startHttpServer(t, response => {
		response.writeHead(200, {'content-type': 'application/x-ndjson'});
		response.write('{"a":1}\n{"a"');
		response.end(':2}\n');
	});
	const {stdout} = await runGolem(['api', 'GET', '/v1/events', '--discovery', url], {
		home: await temporaryFolder(t),
	});
	t.is(stdout, '{"a":1}\n{"a":2}\n');
});

test('an answer that begins and does not end in time is told as late, one that breaks off as such', async t => {
	const {url} = await startHttpServer(t, (response, request) => {
		response.writeHead(200, {'content-type': 'application/json', 'content-length': '100'});
		response.write('{"a":');
		if (request.url === '/broken') {
			setImmediate(() => response.socket?.destroy());
		}
	});
	const home = await temporaryFolder(t);
	const late = await runGolem(['api', 'GET', '/late', '--discovery', url, '--timeout', '1', '--json'], {
		home,
	});
	t.is(late.exitCode, 7, late.stderr);
	t.like(late.json, {error: {code: 'NET_001'}});
	const broken = await runGolem(['api', 'GET', '/broken', '--discovery', url], {home});
	t.is(broken.exitCode, 5, broken.stderr);
	t.notRegex(broken.stderr, /^ +at /m);
});

test('a stream may go on for longer than the time that an answer has', async t => {
	const {url} = await startHttpServer(t, response => {
		response.writeHead(200, {'content-type': 'application/x-ndjson'});
		response.write('1\n');
		setTimeout(() => response.end('2\n'), 2000);
	});
	const {exitCode, stdout} = await runGolem(['api', 'GET', '/x', '--discovery', url, '--timeout', '1'], {
		home: await temporaryFolder(t),
	});
	t.is(exitCode, 0);
	t.is(stdout, '1\n2\n');
});

test('who answers at a URL in the name of a provider known elsewhere gets nothing that is signed for that one', async t => {
	const {api, received} = await startProvider(t);
	const asked: string[] = [];
	const {url} = await startHttpServer(t, (response, request) => {
		asked.push(`${request.method} ${request.url}`);
		const free = {cpu: 1, memory: 1, storage: 1};
		response.end(
			JSON.stringify({
				provider_id: providerId,
				name: 'x',
				country: 'SE',
				version: '1',
				driver: 'qemu',
				images: [],
				resources: {total: free, available: free},
			}),
		);
	});
	const {exitCode, json} = await api('DELETE', '/api/v1/vms/my-vm', '--provider', url, '--json');
	t.is(exitCode, 6);
	t.is(json.error.code, 'PROVIDER_AMBIGUOUS');
	t.deepEqual(asked, ['GET /api/v1/provider/info']);
	t.deepEqual(received, []);
});

for (const [words, code, exitCode] of [
	[['GET', '/x'], 'USAGE', 2],
	[['GET', '/x', '--provider', 'a', '--daemon', 'provider'], 'USAGE', 2],
	[['GET', 'x', '--daemon', 'provider'], 'USAGE', 2],
	[['FETCH', '/x', '--daemon', 'provider'], 'USAGE', 2],
	[['POST', '/x', '--daemon', 'provider', '--data', '{half'], 'USAGE', 2],
	[['POST', '/x', '--daemon', 'provider', '--data', '@nowhere.json'], 'USAGE', 2],
	[['GET', '/x', '--discovery', 'discovery.example:9001'], 'USAGE', 2],
	[['GET', '/v1/status', '--daemon', 'provider'], 'NOT_REACHABLE', 5],
	[['GET', '/x', '--discovery', 'http://127.0.0.1:1'], 'NOT_REACHABLE', 5],
] as const) {
	test(`golem api ${words.join(' ')} ends with ${exitCode}`, async t => {
		const {json, exitCode: status} = await runGolem(['api', ...words, '--json'], {
			home: await temporaryFolder(t),
		});
		t.is(status, exitCode);
		t.is(json.error.code, code);
	});
}

test('a provider nobody knows is not found', async t => {
	const {url} = await startHttpServer(t, response => response.end('[]'));
	const {exitCode, json} = await runGolem(['api', 'GET', '/x', '--provider', 'nobody', '--json'], {
		home: await temporaryFolder(t),
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: url},
	});
	t.is(exitCode, 3);
	t.is(json.error.code, 'PROVIDER_UNKNOWN');
});

import {once} from 'node:events';
import type http from 'node:http';
import type {AddressInfo} from 'node:net';
import {Validator} from '@seriousme/openapi-schema-validator';
import test, {type ExecutionContext} from 'ava';
import {createMetrics} from '../../../daemons/host/metrics.js';
import {createPublicApi} from '../../../daemons/host/public-api.js';
import {createRateLimit, limitByAddress} from '../../../daemons/host/rate-limit.js';
import {providerRoutes} from '../../../daemons/provider/api.js';
import {createTenants} from '../../../daemons/provider/tenants.js';
import type {VmRecord} from '../../../daemons/provider/vm-record.js';
import type {Identity} from '../../../source/protocol/identity.js';
import {signRequest} from '../../../source/protocol/signed-request.js';
import {type Answer, send} from '../../support/http.js';
import {alice, mallory} from '../../support/identities.js';
import {createTestLog} from '../../support/log.js';
import {createTestVms, type SetupOptions} from './_test-vms.js';

/* The API over real HTTP with real signatures; the exe-units are stand-ins, as in _test-vms.ts. */

const providerId = `0x${'ab'.repeat(20)}`;
const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICORk+UR7jU/CmH195syldEdTZU0q+RF8061BXTXDHAN';

type ApiOptions = SetupOptions & {auth?: 'signature' | 'open'; perMinute?: number; isReady?: () => boolean};
type Ask = {
	method?: string;
	body?: unknown;
	headers?: Record<string, string>;
	audience?: string;
	timestamp?: string;
};

async function startApi(t: ExecutionContext, options: ApiOptions = {}) {
	const {auth = 'signature', perMinute = 10_000, isReady = () => true} = options;
	const setup = await createTestVms(t, options);
	const rateLimit = createRateLimit({perMinute});
	const {log, entries} = createTestLog();
	const server: http.Server = createPublicApi({
		title: 'golem provider',
		routes: providerRoutes({
			providerId,
			tenants: createTenants({providerId, auth, rateLimit, perMinute, isReady}),
			vms: setup.vms,
			defaultImage: 'micro',
			publicIp: () => '198.51.100.7',
			info: () => ({
				name: 'test',
				country: 'SE',
				driver: 'qemu',
				images: ['micro'],
				resources: {total: {cpu: 8, memory: 16, storage: 200}, available: {cpu: 8, memory: 16, storage: 200}},
			}),
			isReady,
		}),
		limit: limitByAddress(rateLimit),
		log,
		metrics: createMetrics(),
		signal: setup.signal,
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	/** What is sent in somebody's name, ready to be sent (again). */
	function signed(who: Identity, path: string, ask: Ask = {}) {
		const {method = 'GET', audience = providerId, timestamp = new Date().toISOString(), headers = {}} = ask;
		const body = ask.body === undefined ? '' : JSON.stringify(ask.body);
		return {
			path,
			method,
			...(body === '' ? {} : {body}),
			headers: {
				...(body === '' ? {} : {'Content-Type': 'application/json'}),
				...signRequest(who, 'Requestor', {method, path, audience, timestamp, body}),
				...headers,
			},
		};
	}

	const ask = (who: Identity, path: string, more?: Ask): Promise<Answer> =>
		send({url}, signed(who, path, more));
	return {
		...setup,
		url,
		entries,
		signed,
		ask,
		create: (who: Identity, body: unknown, headers: Record<string, string> = {}) =>
			ask(who, '/api/v1/vms?async=true', {method: 'POST', body, headers}),
		bringUp: (record: Pick<VmRecord, 'id'>) =>
			setup.units.of(record.id).become({status: 'running', ssh_host_keys: [sshKey]}),
	};
}

test('the size can be said in three ways, and one VM is one VM', async t => {
	const {create, ask} = await startApi(t);
	for (const [index, size] of [
		{cpu_cores: 1, memory_gb: 2, storage_gb: 20},
		{resources: {cpu: 1, memory: 2, storage: 20}},
		{size: 'small'},
	].entries()) {
		const {status, json} = await create(alice, {name: `vm-${index}`, ...size});
		t.is(status, 202);
		t.is(json.status, 'pending');
	}

	const {json: list} = await ask(alice, '/api/v1/vms');
	t.deepEqual(
		list.map(({resources}: {resources: unknown}) => resources),
		[
			{cpu: 1, memory: 2, storage: 20},
			{cpu: 1, memory: 2, storage: 20},
			{cpu: 1, memory: 1, storage: 10},
		],
	);
});

test('without async the answer is the VM, once it can be reached', async t => {
	const {ask, bringUp, vms} = await startApi(t);
	const answer = ask(alice, '/api/v1/vms', {method: 'POST', body: {name: 'web'}});
	const record = await new Promise<VmRecord>(resolve => {
		const timer = setInterval(() => {
			const [found] = vms.all();
			if (found) {
				clearInterval(timer);
				resolve(found);
			}
		}, 5);
	});
	bringUp(record);
	const {status, json} = await answer;
	t.is(status, 200);
	t.like(json, {id: record.id, name: 'web', status: 'running', ip_address: '198.51.100.7', ssh_port: 20_000});
	t.false('owner' in json);
	t.false('ssh_keys' in json);
});

test('Prefer: respond-async is answered at once, and the job tells how it goes', async t => {
	const {ask, bringUp, vms} = await startApi(t);
	const {status, json: job} = await ask(alice, '/api/v1/vms', {
		method: 'POST',
		body: {name: 'web'},
		headers: {Prefer: 'respond-async'},
	});
	t.is(status, 202);
	bringUp(vms.find(alice.id, 'web'));
	await vms.untilSettled(vms.find(alice.id, 'web'), AbortSignal.timeout(5000));
	t.like((await ask(alice, `/api/v1/vms/jobs/${job.job_id}`)).json, {status: 'done', vm_id: job.vm_id});
});

test('nothing is told of another’s VM: not that it is there, by id, by name or by job', async t => {
	const {create, ask} = await startApi(t);
	const {json: job} = await create(alice, {name: 'web'});
	const paths = [
		['GET', `/api/v1/vms/${job.vm_id}`],
		['GET', '/api/v1/vms/web'],
		['DELETE', `/api/v1/vms/${job.vm_id}`],
		['GET', `/api/v1/vms/${job.vm_id}/access`],
		['GET', `/api/v1/vms/${job.vm_id}/events`],
		['GET', `/api/v1/vms/${job.vm_id}/usage`],
		['POST', `/api/v1/vms/${job.vm_id}/start`],
		['POST', `/api/v1/vms/${job.vm_id}/stop`],
		['GET', `/api/v1/vms/jobs/${job.job_id}`],
	] as const;
	for (const [method, path] of paths) {
		const {status, json} = await ask(mallory, path, {method});
		const {json: unknown} = await ask(mallory, path.replace(/web|golem-web.*?(?=\/|$)/, 'nothing'), {method});
		t.is(status, 404, `${method} ${path}`);
		t.is(json.code, 'VM_002');
		t.is(unknown.code, 'VM_002');
	}

	const keys = await ask(mallory, '/api/v1/vms/web/ssh-keys', {
		method: 'POST',
		body: {key: sshKey, name: 'mine'},
	});
	t.is(keys.json.code, 'VM_002');
	t.deepEqual((await ask(mallory, '/api/v1/vms')).json, []);
	t.is((await ask(alice, '/api/v1/vms/web')).status, 200);
});

test('a request is refused that has no signature, a stale one, another’s, one for somebody else, or one sent before', async t => {
	const {url, signed, create} = await startApi(t);
	await create(alice, {name: 'web'});
	const codeOf = async (request: Parameters<typeof send>[1]) => {
		const {status, json} = await send({url}, request);
		return `${status} ${json.code ?? 'answered'}`;
	};
	const old = new Date(Date.now() - 61_000).toISOString();
	const once = signed(alice, '/api/v1/vms');
	t.is(await codeOf({path: '/api/v1/vms'}), '401 AUTH_003');
	t.is(await codeOf(signed(alice, '/api/v1/vms', {timestamp: old})), '401 AUTH_002');
	t.is(await codeOf(signed(alice, '/api/v1/vms', {headers: {'X-Requestor-ID': mallory.id}})), '401 AUTH_001');
	t.is(await codeOf(signed(alice, '/api/v1/vms', {audience: mallory.id})), '401 AUTH_001');
	t.is(await codeOf({...signed(alice, '/api/v1/vms'), path: '/api/v1/vms/web'}), '401 AUTH_001');
	t.is(await codeOf({...signed(alice, '/api/v1/vms/web'), method: 'DELETE'}), '401 AUTH_001');
	t.is(await codeOf(once), '200 answered');
	t.is(await codeOf(once), '401 AUTH_002');
});

test('the same key and body give the same VM, another body is refused', async t => {
	const {create} = await startApi(t);
	const key = {'Idempotency-Key': 'k1'};
	const [first, second] = [await create(alice, {name: 'web'}, key), await create(alice, {name: 'web'}, key)];
	t.is(first.json.vm_id, second.json.vm_id);
	const {status, json} = await create(alice, {name: 'other'}, key);
	t.is(status, 409);
	t.is(json.code, 'VM_003');
});

test('an image that is no name, or not there, never gets further', async t => {
	const {create} = await startApi(t);
	for (const image of ['--mount=/etc', 'file:///etc/passwd', '../../etc', 'a b', '']) {
		const {status, json} = await create(alice, {name: 'web', image});
		t.is(status, 400, image);
		t.is(json.code, 'REQ_001');
		t.is(json.details.issues[0].path, 'image');
	}
});

test('a VM that failed has no port, not even a usual one, and no way in', async t => {
	const {create, ask, units, vms} = await startApi(t);
	const {json: job} = await create(alice, {name: 'web'});
	units.of(job.vm_id).become({status: 'error', error: {code: 'VM_001', message: 'broken', log: ['line']}});
	await vms.untilSettled(vms.find(alice.id, 'web'), AbortSignal.timeout(5000)).catch(() => {});
	const {json: vm} = await ask(alice, '/api/v1/vms/web');
	t.is(vm.ssh_port, null);
	t.is(vm.error_message, 'broken');
	const {status, json} = await ask(alice, '/api/v1/vms/web/access');
	t.is(status, 409);
	t.is(json.code, 'VM_004');
	t.deepEqual((await ask(alice, `/api/v1/vms/jobs/${job.job_id}`)).json.error, {
		code: 'VM_001',
		message: 'broken',
		log: ['line'],
	});
});

test('start, stop and keys are there, and the access has the VM’s own host keys', async t => {
	const {create, ask, bringUp, vms} = await startApi(t);
	const {json: job} = await create(alice, {name: 'web', ssh_key: `${sshKey} me@here`});
	bringUp({id: job.vm_id});
	await vms.untilSettled(vms.find(alice.id, 'web'), AbortSignal.timeout(5000));
	t.like((await ask(alice, '/api/v1/vms/web/access')).json, {
		ssh_host: '198.51.100.7',
		ssh_port: 20_000,
		ssh_user: 'ubuntu',
		ssh_host_keys: [sshKey],
		vm_id: job.vm_id,
		multipass_name: null,
	});
	t.is((await ask(alice, '/api/v1/vms/web/stop', {method: 'POST'})).json.status, 'stopped');
	t.is((await ask(alice, '/api/v1/vms/web/start', {method: 'POST'})).json.status, 'running');
	const other = sshKey.replace('AAAAICORk', 'AAAAICORx');
	const {json} = await ask(alice, '/api/v1/vms/web/ssh-keys', {
		method: 'POST',
		body: {key: `${other} its comment`, name: 'laptop'},
	});
	t.deepEqual(json.ssh_keys, [
		{key: sshKey, name: ''},
		{key: other, name: 'laptop'},
	]);
	const bad = await ask(alice, '/api/v1/vms/web/ssh-keys', {
		method: 'POST',
		body: {key: 'command="sh" ssh-ed25519 AAAA', name: 'a\nb'},
	});
	t.is(bad.status, 400);
	t.deepEqual(
		bad.json.details.issues.map(({path}: {path: string}) => path),
		['key', 'name'],
	);
});

test('where anybody is let in, those who do not sign share their VMs, and see nobody else’s', async t => {
	const {url, create, ask} = await startApi(t, {auth: 'open'});
	await create(alice, {name: 'web'});
	const post = (name: string, headers: Record<string, string> = {}) =>
		send(
			{url},
			{
				method: 'POST',
				path: '/api/v1/vms?async=true',
				body: JSON.stringify({name}),
				headers: {'Content-Type': 'application/json', ...headers},
			},
		);
	t.is((await post('web')).status, 202);
	t.is((await post('old', {'X-Requestor-ID': alice.id, 'X-Requestor-Signature': 'signature'})).status, 202);
	const {json: shared} = await send({url}, {path: '/api/v1/vms'});
	t.deepEqual(
		shared.map(({name}: {name: string}) => name),
		['web', 'old'],
	);
	const {json: own} = await ask(alice, '/api/v1/vms');
	t.is(own.length, 1);
	t.not(own[0].id, shared[0].id);
	t.is((await send({url}, {path: `/api/v1/vms/${own[0].id}`})).json.code, 'VM_002');
	const forged = await ask(mallory, '/api/v1/vms', {headers: {'X-Requestor-ID': alice.id}});
	t.is(forged.json.code, 'AUTH_001', 'who does sign is held to it');
});

test('a requestor who asks too often waits; another one, and whoever watches, does not', async t => {
	const {url, ask} = await startApi(t, {perMinute: 5});
	for (let count = 0; count < 5; count++) {
		const {status, headers} = await ask(alice, '/api/v1/vms');
		t.is(status, 200);
		t.is(headers['ratelimit-remaining'], String(4 - count));
	}

	const {status, json, headers} = await ask(alice, '/api/v1/vms');
	t.is(status, 429);
	t.is(json.code, 'RATE_001');
	t.true(Number(headers['retry-after']) > 0);
	t.is((await ask(mallory, '/api/v1/vms')).status, 200);
	t.is((await send({url}, {path: '/health'})).status, 200);
});

test('nobody can use up another’s requests by claiming to be them', async t => {
	const {url, signed, ask} = await startApi(t, {perMinute: 5});
	const forged = () => ({
		...signed(mallory, '/api/v1/vms'),
		headers: {...signed(mallory, '/api/v1/vms').headers, 'X-Requestor-ID': alice.id},
	});
	for (let count = 0; count < 20; count++) {
		t.true([401, 429].includes((await send({url}, forged())).status));
	}

	// From the same address alice herself has to wait; her own account of requests is as it was.
	t.is((await ask(alice, '/api/v1/vms')).status, 429);
	t.is((await ask(mallory, '/api/v1/vms')).status, 200);
});

test('who comes under a new name each time is stopped by their address, and nobody who is known there', async t => {
	const {url, ask, signed} = await startApi(t, {perMinute: 3});
	t.is((await ask(alice, '/api/v1/vms')).status, 200);
	const statuses = [];
	for (let count = 0; count < 601; count++) {
		const request = signed(mallory, '/api/v1/vms');
		const claimed = `0x${count.toString(16).padStart(40, '0')}`;
		statuses.push(
			(await send({url}, {...request, headers: {...request.headers, 'X-Requestor-ID': claimed}})).status,
		);
	}

	t.is(statuses.indexOf(429), 599, 'alice’s first request was a stranger’s too');
	t.is(statuses.at(-1), 429);
	t.is((await ask(alice, '/api/v1/vms')).status, 200);
	t.is((await ask(mallory, '/api/v1/vms')).status, 429);
});

test('before it is ready it says so, with when to ask again', async t => {
	let isReady = false;
	const {url, ask} = await startApi(t, {isReady: () => isReady});
	t.is((await send({url}, {path: '/health'})).status, 503);
	const {status, json, headers} = await ask(alice, '/api/v1/vms');
	t.is(status, 503);
	t.is(json.code, 'SRV_002');
	t.is(headers['retry-after'], '2');
	isReady = true;
	t.is((await send({url}, {path: '/health'})).status, 200);
	t.is((await ask(alice, '/api/v1/vms')).status, 200);
});

test('no web page is invited in: there are no CORS headers', async t => {
	const {url} = await startApi(t);
	const {headers} = await send(
		{url},
		{path: '/api/v1/provider/info', headers: {Origin: 'https://a.example'}},
	);
	t.deepEqual(
		Object.keys(headers).filter(name => name.startsWith('access-control')),
		[],
	);
});

test('the document of the API is valid OpenAPI and names every route', async t => {
	const {url} = await startApi(t);
	const {json: document} = await send({url}, {path: '/api/v1/openapi.json'});
	const {valid, errors} = await new Validator().validate(structuredClone(document));
	t.true(valid, JSON.stringify(errors, null, 2));
	t.deepEqual(Object.keys(document.paths).sort(), [
		'/api/v1/openapi.json',
		'/api/v1/provider/info',
		'/api/v1/vms',
		'/api/v1/vms/jobs/{job}',
		'/api/v1/vms/{vm}',
		'/api/v1/vms/{vm}/access',
		'/api/v1/vms/{vm}/events',
		'/api/v1/vms/{vm}/ssh-keys',
		'/api/v1/vms/{vm}/start',
		'/api/v1/vms/{vm}/stop',
		'/api/v1/vms/{vm}/usage',
		'/health',
		'/metrics',
	]);
});

test('what is done to a VM is logged with its id and that of the request, and without keys', async t => {
	const {create, ask, entries} = await startApi(t);
	const {json: job} = await create(alice, {name: 'web', ssh_key: `${sshKey} me@here`});
	await ask(alice, '/api/v1/vms/web', {method: 'DELETE'});
	for (const message of ['admitted', 'destroyed']) {
		const entry = entries.find(({msg}) => msg === message);
		t.is(entry?.['vm_id'], job.vm_id, message);
		t.is(typeof entry?.['request_id'], 'string', message);
	}

	t.false(JSON.stringify(entries).includes(sshKey.slice(20)));
	t.false(/X-Requestor-Signature/i.test(JSON.stringify(entries)));
});

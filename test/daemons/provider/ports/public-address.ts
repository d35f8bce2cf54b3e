import test, {type ExecutionContext} from 'ava';
import {createPublicAddress} from '../../../../daemons/provider/ports/public-address.js';
import {startHttpServer} from '../../../support/http-server.js';
import {createTestLog} from '../../../support/log.js';
import {freePort} from '../../../support/ports.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

type Sources = {
	configured?: string;
	remembered?: string;
	portCheckers?: string[];
	services?: string[];
	pauseMs?: number;
};

function addressFrom(t: ExecutionContext, sources: Sources) {
	const {log, entries} = createTestLog();
	const end = new AbortController();
	t.teardown(() => end.abort());
	/** What was known each time that something was told. */
	const changes: Array<string | null> = [];
	const address = createPublicAddress({
		configured: 'auto',
		portCheckers: [],
		services: [],
		log,
		onChange: () => changes.push(address.get()),
		pauseMs: 10,
		...sources,
	});
	return {address, entries, changes, end, find: () => address.find(end.signal)};
}

/** A port checker that tells callers that address, or does not. */
const checker = (t: ExecutionContext, tells: () => string | undefined, port = 0) =>
	startHttpServer(
		t,
		response => {
			response
				.writeHead(200, {'Content-Type': 'application/json'})
				.end(JSON.stringify({status: 'ok', your_address: tells()}));
		},
		{port, host: '127.0.0.1'},
	);

/** An address service that answers with that text. */
const service = (t: ExecutionContext, text: () => string, port = 0) =>
	startHttpServer(t, response => response.end(text()), {port, host: '127.0.0.1'});

const nobodyAt = async () => `http://127.0.0.1:${await freePort()}`;

test('a configured address is what it is, and nobody is asked', async t => {
	const other = await checker(t, () => '8.8.8.8');
	const {address, find} = addressFrom(t, {configured: '203.0.113.5', portCheckers: [other.url]});
	t.is(address.get(), '203.0.113.5');
	t.is(await find(), '203.0.113.5');
	t.is(address.explain(), 'as configured');
	t.deepEqual(other.requests, []);
});

test('before anybody was asked there is no address, and that is told', t => {
	const {address} = addressFrom(t, {});
	t.is(address.get(), null);
	t.is(address.explain(), 'not asked yet');
});

test('what a port checker sees counts, and no address service is asked', async t => {
	const {url, requests} = await checker(t, () => '8.8.4.4');
	const other = await service(t, () => '1.1.1.1');
	const {address, find, changes} = addressFrom(t, {portCheckers: [url], services: [other.url]});
	t.is(await find(), '8.8.4.4');
	t.is(address.get(), '8.8.4.4');
	t.is(address.explain(), `as ${url} says`);
	t.deepEqual(requests, ['GET /health']);
	t.deepEqual(other.requests, []);
	t.deepEqual(changes, ['8.8.4.4']);
});

test('where no port checker tells, an address service is asked by its whole URL', async t => {
	const silent = await checker(t, () => undefined);
	const {url, requests} = await service(t, () => '2001:db8::7\n');
	const {address, find} = addressFrom(t, {
		portCheckers: [await nobodyAt(), silent.url],
		services: [`${url}/plain?v=6`],
	});
	t.is(await find(), '2001:db8::7');
	t.is(address.explain(), `as ${url}/plain?v=6 says`);
	t.deepEqual(silent.requests, ['GET /health']);
	t.deepEqual(requests, ['GET /plain?v=6']);
});

test('one that is down, fails or makes no sense is passed over, and logged with its URL', async t => {
	const down = await nobodyAt();
	const failing = await startHttpServer(t, response => response.writeHead(500).end('no'));
	const rude = await startHttpServer(t, response => response.destroy());
	const liar = await checker(t, () => 'your-house.example');
	const good = await checker(t, () => '8.8.4.4');
	const bad = [down, failing.url, rude.url, liar.url];
	const {find, entries} = addressFrom(t, {portCheckers: [...bad, good.url]});
	t.is(await find(), '8.8.4.4');
	const warned = entries.filter(({msg}) => msg === 'could not learn the public address');
	t.deepEqual(
		warned.map(({server}) => server),
		bad,
	);
});

for (const text of [
	'',
	'<html><body>8.8.8.8</body></html>',
	'{"ip":"8.8.8.8"}',
	'8.8.8.8 8.8.4.4',
	'8.8.8.8:80',
	'300.8.8.8',
	'host.example',
	'8.8.8.0/24',
]) {
	test(`«${text}» is no address: the next service is asked`, async t => {
		const bad = await service(t, () => text);
		const good = await service(t, () => ' 8.8.4.4\r\n');
		const {address, find} = addressFrom(t, {services: [bad.url, good.url]});
		t.is(await find(), '8.8.4.4');
		t.is(address.explain(), `as ${good.url} says`);
		t.is(bad.requests.length, 1);
	});
}

test('while nobody tells it says so and asks again, until somebody does', async t => {
	const [checkerPort, servicePort] = [await freePort(), await freePort()];
	const {address, find, entries} = addressFrom(t, {
		portCheckers: [`http://127.0.0.1:${checkerPort}`],
		services: [`http://127.0.0.1:${servicePort}`],
	});
	const found = find();
	await eventually('both were asked more than once', () => whenTrue(entries.length > 4));
	t.is(address.get(), null);
	t.is(address.explain(), 'unknown: no port checker and no address service told it');
	await service(t, () => '8.8.4.4', servicePort);
	t.is(await found, '8.8.4.4');
	await checker(t, () => '1.1.1.1', checkerPort);
	t.is(await find(), '1.1.1.1', 'and the checker comes first again');
});

test('an address that has changed takes the place of the old one', async t => {
	let tells = '8.8.4.4';
	const {url} = await checker(t, () => tells);
	const {find, changes, entries} = addressFrom(t, {portCheckers: [url]});
	await find();
	tells = '8.8.8.8';
	t.is(await find(), '8.8.8.8');
	t.deepEqual(changes, ['8.8.4.4', '8.8.8.8']);
	t.deepEqual(
		entries.map(({msg, public_ip, before}) => [msg, public_ip, before]),
		[
			['public address', '8.8.4.4', null],
			['public address', '8.8.8.8', '8.8.4.4'],
		],
	);
});

test('the address of before a restart counts while nobody tells one, and not before somebody was asked', async t => {
	let tells: string | undefined;
	const {url} = await checker(t, () => tells);
	const {address, find} = addressFrom(t, {portCheckers: [url], remembered: '8.8.4.4'});
	t.is(address.get(), null);
	t.is(await find(), '8.8.4.4');
	t.regex(address.explain(), /as it was told before/);
	tells = '8.8.8.8';
	t.is(await find(), '8.8.8.8');
});

test('an address that is known stays while nobody tells one', async t => {
	let tells: string | undefined = '8.8.4.4';
	const {url} = await checker(t, () => tells);
	const {address, find} = addressFrom(t, {portCheckers: [url]});
	await find();
	tells = undefined;
	t.is(await find(), '8.8.4.4');
	t.is(address.get(), '8.8.4.4');
});

for (const kind of ['portCheckers', 'services'] as const) {
	test(`the signal ends an answer of ${kind} that does not come, with its reason, and nobody else is asked`, async t => {
		const silent = await startHttpServer(t, () => {});
		const other = kind === 'services' ? await service(t, () => '8.8.4.4') : await checker(t, () => '8.8.4.4');
		const {address, find, end} = addressFrom(t, {[kind]: [silent.url, other.url]});
		const found = find();
		await eventually('it was asked', () => whenTrue(silent.requests.length > 0));
		const reason = new Error('the provider ends');
		end.abort(reason);
		t.is(await t.throwsAsync(found), reason);
		t.deepEqual(other.requests, []);
		t.is(address.get(), null);
	});
}

test('the signal ends the pause before the next question', async t => {
	const {find, end, changes} = addressFrom(t, {portCheckers: [await nobodyAt()], pauseMs: 3_600_000});
	const found = find();
	await eventually('nobody told it', () => whenTrue(changes.length > 0));
	const reason = new Error('the provider ends');
	end.abort(reason);
	t.is(await t.throwsAsync(found), reason);
});

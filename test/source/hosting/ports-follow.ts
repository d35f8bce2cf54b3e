import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createControlClient} from '../../../source/client/control-client.js';
import {followProvider, verifyAndFollow} from '../../../source/hosting/follow-provider.js';
import type {PortsReport} from '../../../source/protocol/control.js';
import {startHttpServer} from '../../support/http-server.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {portsReport, verification, verificationSeries} from './_reports.js';

const never = new AbortController().signal;
const daemonStatus = {
	name: 'provider',
	pid: 1,
	version: '0.1.0',
	started_at: '2026-01-02T03:04:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
};

/** A provider's control socket that streams these reports, and then nothing, or ends. */
async function standIn(
	t: ExecutionContext,
	{before, streamed, ends = false}: {before: PortsReport; streamed: PortsReport[]; ends?: boolean},
) {
	const socket = path.join(await temporaryFolder(t), 'provider.sock');
	const {requests} = await startHttpServer(
		t,
		(response, {url}) => {
			if (url?.startsWith('/v1/ports?follow')) {
				response.write(streamed.map(report => `${JSON.stringify(report)}\n`).join(''));
				if (ends) {
					response.end();
				}
			} else if (url === '/v1/events') {
				response.write([0.1, 0.2].map(load => `${JSON.stringify({...daemonStatus, load})}\n`).join(''));
			} else {
				response.end(JSON.stringify(before));
			}
		},
		{path: socket},
	);
	return {control: createControlClient('provider', socket), requests};
}

const [waiting, ...series] = verificationSeries();
const old = portsReport({verification: verification({finished_at: '2026-01-01T00:00:00.000Z'})});

test('a verification is begun and followed to its end, each report told once', async t => {
	const streamed = series.flatMap(report => [report, report]);
	const {control, requests} = await standIn(t, {before: waiting ?? old, streamed});
	const told: PortsReport[] = [];
	const last = await verifyAndFollow(control, {onReport: report => told.push(report), signal: never});
	t.deepEqual(told, series);
	t.deepEqual(last, series.at(-1));
	t.deepEqual(requests, ['GET /v1/ports', 'POST /v1/ports/verify', 'GET /v1/ports?follow=true']);
});

test('the end of an earlier verification is not taken for that of this one', async t => {
	const {control} = await standIn(t, {before: old, streamed: [old, ...series]});
	const told: PortsReport[] = [];
	await verifyAndFollow(control, {onReport: report => told.push(report), signal: never});
	t.deepEqual(told, series);
});

test('a verification without end is given up with exit status 7', async t => {
	const {control} = await standIn(t, {before: old, streamed: series.slice(0, 2)});
	const error = await t.throwsAsync(verifyAndFollow(control, {onReport() {}, signal: never, timeoutMs: 300}));
	t.like(error, {code: 'VERIFICATION_TIMED_OUT', exitCode: 7});
});

test('a provider that ends in the middle of a verification is told as such, with exit status 5', async t => {
	const {control} = await standIn(t, {before: old, streamed: series.slice(0, 2), ends: true});
	const error = await t.throwsAsync(verifyAndFollow(control, {onReport() {}, signal: never}));
	t.like(error, {code: 'NOT_REACHABLE', exitCode: 5});
});

test('a provider is followed again after its stream broke, and nothing is told twice in a row', async t => {
	const {control, requests} = await standIn(t, {before: old, streamed: [old, old], ends: true});
	const ending = new AbortController();
	const told: string[] = [];
	const followed = followProvider(
		control,
		{
			onReport: () => told.push('report'),
			// With a load that differs only.
			onStatus: () => told.push('status'),
		},
		ending.signal,
	);
	await eventually('it is asked a third time', () =>
		whenTrue(requests.filter(request => request.includes('follow')).length >= 3),
	);

	ending.abort();
	await followed;
	t.deepEqual(told.sort(), ['report', 'status']);
});

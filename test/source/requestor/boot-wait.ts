import test from 'ava';
import type {ProviderClient} from '../../../source/client/provider-client.js';
import {GolemError} from '../../../source/platform/golem-error.js';
import {vmJobSchema} from '../../../source/protocol/vm.js';
import {untilRunning} from '../../../source/requestor/boot-wait.js';
import {told} from '../commands/vm/_world.js';
import {job} from './_stand-ins.js';

/** A provider whose stream of events breaks off at once, and which answers so, the last answer for ever. */
function answering(...answers: Array<object | GolemError>): ProviderClient {
	const stub: Pick<ProviderClient, 'events' | 'job'> = {
		async *events() {},
		async job() {
			const next = answers.length > 1 ? answers.shift() : answers[0];
			if (next instanceof GolemError) {
				throw next;
			}

			return vmJobSchema.parse(next);
		},
	};
	return stub as ProviderClient;
}

const pending = vmJobSchema.parse(job('web'));
const wait = (provider: ProviderClient) =>
	untilRunning(provider, pending, {name: 'web', onProgress() {}, signal: AbortSignal.timeout(20_000)});

test('a provider that has too many questions to answer is asked again, for its VM boots all the same', async t => {
	const done = {...pending, status: 'done', vm: told('web')};
	const vm = await wait(answering(pending, new GolemError('RATE_001', 'Too many.'), done));
	t.is(vm.id, 'golem-web');
});

test('any other failure of a question ends the waiting', async t => {
	await t.throwsAsync(wait(answering(new GolemError('VM_002', 'None.'))), {code: 'VM_002'});
});

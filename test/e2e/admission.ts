import {randomUUID} from 'node:crypto';
import test from 'ava';
import {GolemError} from '../../source/platform/golem-error.js';
import {noResources} from '../../source/protocol/resources.js';
import {readBanner, readProviderState} from '../support/fault-injection/provider-state.js';
import {alice} from '../support/identities.js';
import {startNetwork} from '../support/network.js';
import {withStubQemu} from '../support/stub-qemu/settings.js';
import {eventually} from '../support/waiting.js';

test('of ten VMs asked for at once, a machine with room for three runs three and refuses seven', async t => {
	t.timeout(120_000);
	const room = {cpu: 3, memory: 3, storage: 30};
	const network = await startNetwork({
		...withStubQemu,
		GOLEM_PROVIDER_OFFER_CPU_CORES: String(room.cpu),
		GOLEM_PROVIDER_OFFER_MEMORY_GB: String(room.memory),
		GOLEM_PROVIDER_OFFER_STORAGE_GB: String(room.storage),
	});
	t.teardown(network.tearDown);
	const provider = network.provider.as(alice);
	const state = readProviderState(network.provider.paths.daemonSocket('provider'));
	t.deepEqual(await state.resources().then(({available}) => available), room);

	const answers = await Promise.allSettled(
		Array.from({length: 10}, (_, index) =>
			provider.create({name: `vm-${index}`, size: 'small'}, randomUUID(), AbortSignal.timeout(30_000)),
		),
	);
	const refusals = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : []));
	t.is(refusals.length, 7);
	for (const refusal of refusals) {
		t.true(refusal instanceof GolemError);
		t.is(refusal.code, 'RES_001');
		t.deepEqual(refusal.details['available'], noResources);
	}

	const running = await eventually(
		'three VMs run',
		async () => {
			const vms = await provider.list();
			return vms.length === 3 && vms.every(({status}) => status === 'running') ? vms : undefined;
		},
		60_000,
	);
	t.is(new Set(running.map(({ssh_port}) => ssh_port)).size, 3);
	for (const {ssh_port} of running) {
		t.regex(await readBanner(Number(ssh_port)), /^SSH-2\.0-/);
	}

	t.deepEqual(await state.resources().then(({available}) => available), noResources);
	await Promise.all(running.map(({id}) => provider.destroy(id, AbortSignal.timeout(60_000))));
	t.deepEqual(await state.resources().then(({available}) => available), room);
	t.deepEqual(await provider.list(), []);
});

import test, {type ExecutionContext} from 'ava';
import {createRateLimit} from '../../daemons/host/rate-limit.js';
import {providerRoutes} from '../../daemons/provider/api.js';
import {createTenants} from '../../daemons/provider/tenants.js';
import {createProviderClient} from '../../source/client/provider-client.js';
import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {createIdentity, createPrivateKey, type Identity} from '../../source/protocol/identity.js';
import {createTestVms} from '../daemons/provider/_test-vms.js';
import {startApiServer} from '../support/api-server.js';
import {alice, mallory} from '../support/identities.js';

/*
The provider's own parts behind a real server, in this process and with exe-units that start no VM, so that a thousand
creations take seconds.
*/
test('of two requestors who want the last core a thousand times, one gets it and one does not, each time', async t => {
	t.timeout(600_000);
	const {vms, clientOf} = await startProvider(t);
	await clientOf(createIdentity(createPrivateKey())).create({name: 'most', cpu_cores: 7}, 'most');
	const rivals = [clientOf(alice), clientOf(mallory)] as const;
	for (let round = 0; round < 1000; round += 1) {
		const answers = await Promise.allSettled(
			rivals.map(rival => rival.create({name: 'last', cpu_cores: 1}, `round ${round}`)),
		);
		const winners = rivals.filter((_, index) => answers[index]?.status === 'fulfilled');
		const refusals = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : []));
		t.is(winners.length, 1, `round ${round}: ${refusals}`);
		for (const refusal of refusals) {
			t.true(refusal instanceof GolemError);
			t.is(refusal.code, 'RES_001');
			t.is(refusal.exitCode, exitCodes.conflict);
			t.like(refusal.details, {available: {cpu: 0}});
		}

		t.is(vms.all().length, 2);
		await winners[0]?.destroy('last');
	}

	t.deepEqual(
		vms.all().map(({name}) => name),
		['most'],
	);
});

async function startProvider(t: ExecutionContext) {
	const {vms} = await createTestVms(t);
	const {id} = createIdentity(createPrivateKey());
	const perMinute = 1_000_000;
	const isReady = () => true;
	const routes = providerRoutes({
		providerId: id,
		tenants: createTenants({
			providerId: id,
			auth: 'signature',
			rateLimit: createRateLimit({perMinute}),
			perMinute,
			isReady,
		}),
		vms,
		defaultImage: 'micro',
		publicIp: () => '127.0.0.1',
		info: () => {
			throw new Error('Nobody asks.');
		},
		isReady,
	});
	const {hostname: host, port} = new URL((await startApiServer(t, routes)).url);
	return {
		vms,
		clientOf: (identity: Identity) => createProviderClient({id, host, port: Number(port)}, identity),
	};
}

import test from 'ava';
import {judgeLoad, judgeResources} from '../../../source/hosting/doctor-capacity.js';
import {figures, port, report} from './_doctor-facts.js';

const total = {cpu: 4, memory: 8, storage: 100};
const minimum = {cpu: 1, memory: 1, storage: 10};
const inUse = port(50_800, {state: 'in-use'});

test('room and places are told with how much there is of each', t => {
	t.like(judgeResources({total, available: total, minimum}, report({ports: [inUse, port(50_801)]})), {
		verdict: 'ok',
		evidence: 'free: 4 cores, 8 GB memory, 100 GB storage (a VM takes 1, 1, 10 at least); 2 of 3 places left',
	});
	t.is(judgeResources({total, available: total, minimum}, undefined).verdict, 'ok');
});

test('less free than the smallest VM takes is a failure that time may mend', t => {
	const {verdict, fix} = judgeResources({total, available: {...total, memory: 0}, minimum}, report());
	t.is(verdict, 'failed');
	t.regex(fix.join(), /Wait until a VM ends/);
});

test('less in all than the smallest VM takes is a matter of settings', t => {
	const small = {...total, storage: 5};
	const {verdict, fix} = judgeResources({total: small, available: small, minimum}, report());
	t.is(verdict, 'failed');
	t.regex(fix.join(), /GOLEM_PROVIDER_OFFER_CPU_CORES.*GOLEM_PROVIDER_MIN_CPU_CORES/);
});

test('with every place taken nobody else fits in', t => {
	const {verdict, isConsequence, fix} = judgeResources(
		{total, available: total, minimum},
		report({ports: [inUse, port(50_801)], concurrent_vms: 1}),
	);
	t.is(verdict, 'failed');
	t.falsy(isConsequence);
	t.regex(fix.join(), /GOLEM_PROVIDER_MAX_VMS/);
});

test('no place for want of a port or an address follows from that', t => {
	const facts = {total, available: total, minimum};
	const closed = {state: 'unreachable'} as const;
	for (const cutOff of [
		report({concurrent_vms: 0, ports: [port(50_800, closed)]}),
		report({concurrent_vms: 0, public_ip: null}),
		report({concurrent_vms: 0, api: port(7466, closed)}),
	]) {
		t.like(judgeResources(facts, cutOff), {verdict: 'failed', isConsequence: true});
	}
});

test('a machine below its limits takes VMs, one that has not measured yet too', t => {
	t.like(judgeLoad(figures()), {
		verdict: 'ok',
		evidence: 'cpu 12 % (limit 90 %), memory 40 % (limit 85 %), storage 50 % (limit 90 %)',
	});
	t.is(judgeLoad(figures({load: {...figures().load, percent: null}})).verdict, 'ok');
});

test('a machine over a limit names it, and the setting', t => {
	const {verdict, evidence, fix} = judgeLoad(figures({load: {...figures().load, over: ['memory']}}));
	t.is(verdict, 'failed');
	t.regex(evidence, /^over the limit: memory; /);
	t.regex(fix.join(), /GOLEM_PROVIDER_MEMORY_THRESHOLD/);
	t.notRegex(fix.join(), /CPU_THRESHOLD/);
});

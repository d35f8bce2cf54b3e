import test from 'ava';
import type {Advertisement} from '../../../source/protocol/advertisement.js';
import {vmSizes} from '../../../source/protocol/resources.js';
import {describeChoice, rankProviders} from '../../../source/requestor/provider-choice.js';

const now = Date.parse('2026-01-01T12:00:00Z');
let count = 0;

function offer(change: Partial<Advertisement> & {age?: number} = {}): Advertisement {
	count += 1;
	const {age = 10, ...rest} = change;
	const timestamp = new Date(now - age * 1000).toISOString();
	return {
		provider_id: `0x${String(count).padStart(40, '0')}`,
		ip_address: '192.0.2.1',
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		timestamp,
		signature: '0x',
		created_at: timestamp,
		updated_at: timestamp,
		...rest,
	};
}

const pricing = (cpu: number, memory = 0, storage = 0) => ({
	cpu_core_hour: cpu,
	memory_gb_hour: memory,
	storage_gb_hour: storage,
});
const wishes = {resources: vmSizes.medium};

test('the cheapest for what is asked comes first, then the freshest, then those without a price', t => {
	const perCore = offer({pricing: pricing(0.1), age: 1});
	const perGigabyte = offer({pricing: pricing(0, 0.01, 0.001), age: 200});
	const same = offer({pricing: pricing(0.1), age: 5});
	const fresh = offer({age: 0});
	const old = offer({age: 100});
	t.deepEqual(rankProviders([old, same, fresh, perCore, perGigabyte], wishes), [
		perGigabyte,
		perCore,
		same,
		fresh,
		old,
	]);
	t.deepEqual(
		rankProviders([perGigabyte, perCore], {resources: {cpu: 1, memory: 60, storage: 1}}),
		[],
		'neither has that much',
	);
});

test('times are compared as times, however exactly each is told', t => {
	const [sooner, later] = [{timestamp: '2026-01-01T12:00:00Z'}, {timestamp: '2026-01-01T12:00:00.500Z'}];
	const [older, newer] = [offer(sooner), offer(later)];
	t.deepEqual(rankProviders([older, newer], wishes), [newer, older]);
});

test('who does not have it, or takes nothing now, is not among them', t => {
	const good = offer({images: ['micro']});
	const unsaid = offer();
	const found = [
		offer({resources: {cpu: 1, memory: 8, storage: 100}}),
		offer({images: ['other']}),
		offer({over_threshold: ['cpu']}),
		good,
		unsaid,
	];
	t.deepEqual(rankProviders(found, {...wishes, image: 'micro'}), [good, unsaid]);
	t.deepEqual(
		rankProviders(found, {...wishes, providerId: good.provider_id.toUpperCase().replace('X', 'x')}),
		[good],
	);
});

test('why one was chosen is said in a line that fits, whatever it calls itself', t => {
	const plain = offer({provider_id: '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23', age: 12});
	t.is(describeChoice(plain, wishes, now), '0x2c7536…5c23 fits; heard of 12 s ago');
	const long = offer({name: 'x'.repeat(64), pricing: pricing(0.123_456_789), age: 290});
	const text = describeChoice(long, wishes, now);
	t.regex(text, /^x{15}… \(0x.*\) fits; heard of 5 min ago; 0\.247 GLM\/h$/);
	t.true(text.length <= 70);
});

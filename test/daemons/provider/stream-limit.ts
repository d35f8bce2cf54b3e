import test from 'ava';
import {createStreamLimit} from '../../../daemons/provider/stream-limit.js';

test('an owner has so many streams and no more, and one that ends makes room for another', t => {
	const streams = createStreamLimit(2);
	const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
	streams.open('ann', first.signal);
	streams.open('ann', second.signal);
	t.throws(() => streams.open('ann', third.signal), {code: 'RATE_001'});
	t.notThrows(() => streams.open('bob', third.signal));
	first.abort();
	t.notThrows(() => streams.open('ann', third.signal));
});

test('a caller who has gone before the stream began takes no place', t => {
	const streams = createStreamLimit(1);
	streams.open('ann', AbortSignal.abort());
	t.notThrows(() => streams.open('ann', new AbortController().signal));
});

import test from 'ava';
import {createLiveValue} from '../../../daemons/host/live-value.js';

test('who follows gets the value as it is, then each later one', async t => {
	const live = createLiveValue('a');
	const stop = new AbortController();
	const values = live.follow(stop.signal);
	t.is((await values.next()).value, 'a');
	const later = values.next();
	live.set('b');
	t.is((await later).value, 'b');
	t.is(live.get(), 'b');
	stop.abort();
	t.true((await values.next()).done);
});

test('who is slow skips to the newest', async t => {
	const live = createLiveValue(0);
	const stop = new AbortController();
	const values = live.follow(stop.signal);
	await values.next();
	for (let number = 1; number <= 100; number++) {
		live.set(number);
	}

	t.is((await values.next()).value, 100);
	const later = values.next();
	stop.abort();
	t.true((await later).done, 'nothing is queued');
});

test('a change while the last one is looked at is not missed', async t => {
	const live = createLiveValue(0);
	const stop = new AbortController();
	const seen: number[] = [];
	for await (const value of live.follow(stop.signal)) {
		seen.push(value);
		if (value < 3) {
			live.set(value + 1);
		} else {
			stop.abort();
		}
	}

	t.deepEqual(seen, [0, 1, 2, 3]);
});

test('followers do not disturb each other', async t => {
	const live = createLiveValue('a');
	const [stop, other] = [new AbortController(), new AbortController()];
	const [leaving, staying] = [live.follow(stop.signal), live.follow(other.signal)];
	await Promise.all([leaving.next(), staying.next()]);
	stop.abort();
	t.true((await leaving.next()).done);
	const next = staying.next();
	live.set('b');
	t.is((await next).value, 'b');
	other.abort();
});

test('with a signal that is aborted already nothing comes', async t => {
	t.true((await createLiveValue(1).follow(AbortSignal.abort()).next()).done);
});

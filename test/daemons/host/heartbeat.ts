import {mock} from 'node:test';
import test from 'ava';
import {withHeartbeat} from '../../../daemons/host/control-api.js';
import {createLiveValue} from '../../../daemons/host/live-value.js';

test.before(() => {
	mock.timers.enable({apis: ['setTimeout']});
});

test.after.always(() => {
	mock.timers.reset();
});

const write = (value: string | undefined) => value ?? 'still here';

test.serial('silence is broken every ten seconds, and a change comes at once', async t => {
	const live = createLiveValue('a');
	const stop = new AbortController();
	const lines = withHeartbeat(live.follow(stop.signal), write, stop.signal);
	t.is((await lines.next()).value, 'a');

	for (let beat = 0; beat < 3; beat++) {
		let line: string | undefined;
		const next = lines.next().then(({value}) => {
			line = value || undefined;
		});
		mock.timers.tick(9999);
		await Promise.resolve();
		t.is(line, undefined, 'not before its time');
		mock.timers.tick(1);
		await next;
		t.is(line, 'still here');
	}

	const next = lines.next();
	live.set('b');
	t.is((await next).value, 'b');
	stop.abort();
	t.true((await lines.next()).done);
});

test.serial('the signal ends it in the middle of silence', async t => {
	const stop = new AbortController();
	const lines = withHeartbeat(createLiveValue('a').follow(stop.signal), write, stop.signal);
	await lines.next();
	const next = lines.next();
	stop.abort();
	t.true((await next).done);
});

test.serial('whoever stops reading ends what they followed', async t => {
	const stop = new AbortController();
	let hasEnded = false;
	async function* changes() {
		try {
			yield 'a';
			yield 'b';
		} finally {
			hasEnded = true;
		}
	}

	const lines = withHeartbeat(changes(), write, stop.signal);
	await lines.next();
	await lines.return(undefined);
	t.true(hasEnded);
});

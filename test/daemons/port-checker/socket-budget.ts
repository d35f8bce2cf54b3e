import {once} from 'node:events';
import test from 'ava';
import {createSocketBudget} from '../../../daemons/port-checker/socket-budget.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import {saySilence, startPeer} from './_peers.js';

const options = {maximum: 100, perCaller: 40, retryAfterSeconds: 18};

test('a caller that has its share is refused with 429, and the next is not', t => {
	const budget = createSocketBudget(options);
	budget.reserve('8.8.8.8', 30);
	const share = budget.reserve('8.8.8.8', 10);
	const error = t.throws(() => budget.reserve('8.8.8.8', 1), {instanceOf: ApiError, code: 'RATE_001'});
	t.deepEqual(error?.headers, {'Retry-After': '18'});
	t.is(budget.reserve('8.8.4.4', 40).size, 40);
	share.release();
	t.is(budget.reserve('8.8.8.8', 10).size, 10);
});

test('the addresses of one IPv6 customer share what one caller has', t => {
	const budget = createSocketBudget(options);
	budget.reserve('2606:4700::1', 40);
	t.throws(() => budget.reserve('2606:4700::2', 1), {code: 'RATE_001'});
	t.notThrows(() => budget.reserve('2606:4700:0:1::1', 1));
});

test('what does not fit among all the others is refused with 503, until they are done', t => {
	const budget = createSocketBudget(options);
	const [first] = ['1.1.1.1', '1.1.1.2'].map(caller => budget.reserve(caller, 40));
	const error = t.throws(() => budget.reserve('1.1.1.3', 21), {instanceOf: ApiError, code: 'SRV_002'});
	t.is(error?.status, 503);
	t.deepEqual(error?.headers, {'Retry-After': '18'});
	first?.release();
	t.is(budget.reserve('1.1.1.3', 21).size, 21);
});

test('open sockets are counted until they are closed', async t => {
	const budget = createSocketBudget(options);
	const {port} = await startPeer(t, saySilence);
	const share = budget.reserve('127.0.0.1', 2);
	const [first, second] = [share.connect('127.0.0.1', port), share.connect('127.0.0.1', port)];
	await Promise.all([once(first, 'connect'), once(second, 'connect')]);
	t.is(budget.open(), 2);
	first.destroy();
	await once(first, 'close');
	t.is(budget.open(), 1);
	second.destroy();
	await once(second, 'close');
	t.is(budget.open(), 0);
});

import {mock} from 'node:test';
import test from 'ava';
import {type AnsweredRequest, createBoundedLog} from '../../../daemons/host/request-log.js';
import {createTestLog} from '../../support/log.js';

test.before(() => {
	mock.timers.enable({apis: ['setTimeout']});
});

test.after.always(() => {
	mock.timers.reset();
});

const request: AnsweredRequest = {method: 'GET', route: '/vms/:vm', status: 200, durationMs: 1.4};

test.serial(
	'what only looked and went well is for those who debug; changes and failures are for everybody',
	t => {
		const {log, entries} = createTestLog();
		const bounded = createBoundedLog(log);
		bounded.request(log, request);
		bounded.request(log, {...request, method: 'DELETE'});
		bounded.request(log, {...request, status: 404, code: 'VM_002'});
		bounded.request(log, {...request, status: 'aborted'});
		bounded.request(log, {...request, status: 500, err: new Error('broken')});
		t.deepEqual(
			entries.map(({level}) => level),
			[20, 30, 30, 30, 50],
		);
		t.like(entries[2], {
			method: 'GET',
			route: '/vms/:vm',
			status: 404,
			ms: 1,
			code: 'VM_002',
			msg: 'request',
		});
	},
);

test.serial('of a flood only the beginning of each second is written down, and how much was left out', t => {
	const {log, entries} = createTestLog();
	const bounded = createBoundedLog(log, 3);
	const flood = () => {
		for (let sent = 0; sent < 100; sent++) {
			bounded.request(log, {...request, status: 400});
		}
	};
	flood();
	bounded.warn(new Error('no more descriptors'), 'a connection could not be taken');
	t.is(entries.length, 3);
	mock.timers.tick(1000);
	t.like(entries[3], {left_out: 98, level: 40});
	mock.timers.tick(10_000);
	t.is(entries.length, 4, 'silence is not told of');
	flood();
	t.is(entries.length, 7);
});

test.serial('lines that nobody would see do not count', t => {
	const {log, entries} = createTestLog();
	log.level = 'info';
	const bounded = createBoundedLog(log, 1);
	for (let sent = 0; sent < 10; sent++) {
		bounded.request(log, request);
	}

	bounded.request(log, {...request, method: 'POST'});
	t.deepEqual(
		entries.map(({method}) => method),
		['POST'],
	);
});

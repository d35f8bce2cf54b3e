import test from 'ava';
import {flagDifferences, readStart} from '../../../source/daemon-control/start-flags.js';
import {startChild, supportProcess} from '../../support/child-process.js';

const running = {listening: 'http://127.0.0.1:7466'};

test('flags that ask for what runs already differ in nothing', t => {
	for (const flags of [{}, {host: '127.0.0.1', port: 7466}, {host: 'localhost'}, {port: 0}]) {
		t.deepEqual(flagDifferences(flags, running), []);
	}

	t.deepEqual(flagDifferences({host: '::1', port: 9001}, {listening: 'http://[::1]:9001'}), []);
	t.deepEqual(flagDifferences({port: 80}, {listening: 'http://127.0.0.1'}), []);
});

test('each flag that asks for something else is named, with what runs instead', t => {
	t.deepEqual(flagDifferences({host: '0.0.0.0', port: 9001}, running), [
		{flag: '--host', asked: '0.0.0.0', running: '127.0.0.1'},
		{flag: '--port', asked: 9001, running: 7466},
	]);
});

test('a running process tells the flags and the folder it was started with', async t => {
	const child = startChild(t, supportProcess('detached'), {
		args: ['ready'],
		environment: {
			PATH: process.env['PATH'],
			GOLEM_FLAGS: '{"port":9001,"host":"a=b"}',
			GOLEM_WORKING_FOLDER: '/some/where',
		},
	});
	await child.printed('a line outside of the log');
	t.deepEqual(await readStart(child.pid), {
		flags: {port: 9001, host: 'a=b'},
		workingFolder: '/some/where',
	});
});

test('one that is gone tells nothing', async t => {
	t.is(await readStart(2 ** 30), undefined);
});

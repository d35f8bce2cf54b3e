import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {openLog} from '../../../source/platform/log.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

async function entriesOf(file: string): Promise<Array<Record<string, unknown>>> {
	const text = await fs.readFile(file, 'utf8');
	return text
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line));
}

test('an entry is one JSON line with time, level, name and what was said', async t => {
	const file = path.join(await temporaryFolder(t), 'logs', 'discovery.log');
	openLog({name: 'discovery', file}).info({port: 9001}, 'ready\nand well');
	const [entry] = await entriesOf(file);
	t.like(entry, {level: 'info', name: 'discovery', pid: process.pid, port: 9001, msg: 'ready\nand well'});
	t.true(Math.abs(Date.parse(String(entry?.['time'])) - Date.now()) < 5000);
	t.regex(String(entry?.['time']), /Z$/);
	t.is(await modeOf(file), '600');
});

test('what is written is in the file when the call returns, so a dying process loses nothing', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	const log = openLog({name: 'some', file});
	for (let number = 0; number < 50; number++) {
		log.info({number}, 'said');
		t.is((await entriesOf(file)).length, number + 1);
	}
});

test('a full file is kept as .1 and a new one begun, with no entry lost or torn', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	const log = openLog({name: 'some', file});
	const filler = 'x'.repeat(1024 * 1024);
	for (let number = 0; number < 15; number++) {
		log.info({number, filler}, 'said');
	}

	const [before, after] = await Promise.all([entriesOf(`${file}.1`), entriesOf(file)]);
	t.true(after.length > 0);
	t.deepEqual(
		[...before, ...after].map(entry => entry['number']),
		Array.from({length: 15}, (_, number) => number),
	);
	t.true((await fs.stat(`${file}.1`)).size < 12 * 1024 * 1024);
	t.is(await modeOf(file), '600');
});

test('a file that somebody has moved away costs no line once it would be full', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	const log = openLog({name: 'some', file});
	const filler = 'x'.repeat(1024 * 1024);
	for (let number = 0; number < 10; number++) {
		log.info({number, filler}, 'said');
	}

	await fs.rename(file, `${file}.moved`);
	log.info({number: 10}, 'said');
	const [moved, after] = await Promise.all([entriesOf(`${file}.moved`), entriesOf(file)]);
	t.deepEqual(
		[...moved, ...after].map(entry => entry['number']),
		Array.from({length: 11}, (_, number) => number),
	);
});

test('a new process goes on with the file that is there', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	openLog({name: 'some', file}).info('first life');
	openLog({name: 'some', file}).info('second life');
	t.deepEqual(
		(await entriesOf(file)).map(entry => entry['msg']),
		['first life', 'second life'],
	);
});

test('keys, signatures and headers stay out of it, wherever in the entry they stand', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	const log = openLog({name: 'some', file});
	const secrets = {ssh_key: 'secret-1', signature: 'secret-2', privateKey: 'secret-3'};
	log.info({request: secrets, headers: {'x-requestor-signature': 'secret-4'}}, 'in an object');
	log.info({request: {headers: {authorization: 'secret-5'}}}, 'headers of a request');
	log.info(secrets, 'at the top');
	const text = await fs.readFile(file, 'utf8');
	t.is((await entriesOf(file)).length, 3);
	t.deepEqual(text.match(/secret-\d/g), null);
});

test('debug is said only where it was asked for', async t => {
	const folder = await temporaryFolder(t);
	const [quiet, loud] = [path.join(folder, 'quiet.log'), path.join(folder, 'loud.log')];
	openLog({name: 'some', file: quiet}).debug('detail');
	openLog({name: 'some', file: loud, level: 'debug'}).debug('detail');
	t.is(await fs.readFile(quiet, 'utf8'), '');
	t.is((await entriesOf(loud))[0]?.['msg'], 'detail');
});

test('who watches gets readable lines, and a fault with its message', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	let shown = '';
	const log = openLog({
		name: 'some',
		file,
		terminal: {
			write(text) {
				shown += text;
			},
		},
	});
	log.info({port: 9001, host: 'a.example'}, 'ready');
	log.error({err: new Error('no room')}, 'failed');
	const [first, second] = shown.split('\n');
	t.regex(first ?? '', /^\d\d:\d\d:\d\d info {2}ready port=9001 host=a\.example$/);
	t.regex(second ?? '', /^\d\d:\d\d:\d\d error failed err=no room$/);
});

test('a full disk costs lines, not the process that writes them', t => {
	const log = openLog({name: 'some', file: '/dev/full'});
	t.notThrows(() => log.info('first'));
	t.notThrows(() => log.info('second'));
});

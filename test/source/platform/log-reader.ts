import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {followLog, readLastLines} from '../../../source/platform/log-reader.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

async function collect(chunks: AsyncIterable<string>): Promise<string> {
	let text = '';
	for await (const chunk of chunks) {
		text += chunk;
	}

	return text;
}

/** Reads until that much text has come; the stream's own deadline is the test's. */
async function readUntil(
	chunks: AsyncGenerator<string>,
	isEnough: (text: string) => boolean,
): Promise<string> {
	let text = '';
	while (!isEnough(text)) {
		const {value, done} = await chunks.next();
		if (done) {
			break;
		}

		text += value;
	}

	return text;
}

test('the last lines are the last lines', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'one\ntwo\nthree\n');
	t.is(await collect(readLastLines(() => [file], {lines: 2})), 'two\nthree\n');
	t.is(await collect(readLastLines(() => [file], {lines: 100})), 'one\ntwo\nthree\n');
	t.is(await collect(readLastLines(() => [file], {lines: 0})), '');
});

test('where there is no log there are no lines', async t => {
	const none = path.join(await temporaryFolder(t), 'none.log');
	t.is(await collect(readLastLines(() => [none], {lines: 10})), '');
});

test('who follows gets the last lines, then what is appended, until they stop', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'one\ntwo\n');
	const stop = new AbortController();
	const lines = followLog(() => [file], {lines: 1}, stop.signal);
	t.is((await lines.next()).value, 'two\n');
	const next = lines.next();
	await fs.appendFile(file, 'three\n');
	t.is((await next).value, 'three\n');
	const last = lines.next();
	stop.abort();
	t.true((await last).done);
});

test('a log that is not there yet is followed from its first line', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	const stop = new AbortController();
	const next = followLog(() => [file], {lines: 10}, stop.signal).next();
	await fs.writeFile(file, 'first\n');
	t.is((await next).value, 'first\n');
	stop.abort();
});

test('a rotated log is followed into its successor', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'a line of the old file\n');
	const stop = new AbortController();
	const lines = followLog(() => [file], {lines: 1}, stop.signal);
	await lines.next();
	await fs.rename(file, `${file}.1`);
	await fs.writeFile(file, 'new\n');
	t.is((await lines.next()).value, 'new\n');
	stop.abort();
});

test('a long text comes whole, whatever letters it has', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'begin\n');
	const stop = new AbortController();
	const lines = followLog(() => [file], {lines: 1}, stop.signal);
	await lines.next();
	const text = `x${'€'.repeat(100_000)}\n`;
	await fs.appendFile(file, text);
	const read = await readUntil(lines, soFar => soFar.endsWith('\n'));
	stop.abort();
	t.true(read === text, `${read.split('\ufffd').length - 1} letters were torn`);
});

const entry = (time: string, msg: string) => `${JSON.stringify({level: 'info', time, msg})}\n`;

test('the last lines of several logs are in the order of their times', async t => {
	const folder = await temporaryFolder(t);
	const [one, other] = [path.join(folder, 'one.log'), path.join(folder, 'other.log')];
	await fs.writeFile(one, entry('2026-01-01T00:00:01Z', 'a') + entry('2026-01-01T00:00:04Z', 'd'));
	await fs.writeFile(other, entry('2026-01-01T00:00:02Z', 'b') + entry('2026-01-01T00:00:03Z', 'c'));
	const text = await collect(readLastLines(() => [one, other], {lines: 3}));
	t.deepEqual(
		text
			.trim()
			.split('\n')
			.map(line => JSON.parse(line).msg),
		['b', 'c', 'd'],
	);
});

test('what a process wrote as it fell over stays behind what it wrote before', async t => {
	const folder = await temporaryFolder(t);
	const entry = (time: string) => `${JSON.stringify({time, msg: time})}\n`;
	const [one, other] = [path.join(folder, 'one.log'), path.join(folder, 'other.log')];
	await fs.writeFile(one, `${entry('2026-01-01')}Error: it fell\n    at over\n${entry('2026-01-04')}`);
	await fs.writeFile(other, entry('2026-01-02') + entry('2026-01-03'));
	t.is(
		await collect(readLastLines(() => [one, other], {lines: 5})),
		`Error: it fell\n    at over\n${entry('2026-01-02')}${entry('2026-01-03')}${entry('2026-01-04')}`,
	);
});

test('a log that comes later is followed too, and lines of several do not get into each other', async t => {
	const folder = await temporaryFolder(t);
	const [one, other] = [path.join(folder, 'one.log'), path.join(folder, 'other.log')];
	await fs.writeFile(one, '');
	let files = [one];
	const stop = new AbortController();
	const lines = followLog(() => files, {lines: 10}, stop.signal);
	const first = lines.next();
	await fs.appendFile(one, 'half a');
	await fs.writeFile(other, 'of the other\n');
	files = [one, other];
	t.is((await first).value, 'of the other\n');
	const second = lines.next();
	await fs.appendFile(one, ' line\n');
	t.is((await second).value, 'half a line\n');
	stop.abort();
});

import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {followLog, readLastLines} from '../../../daemons/host/log-reader.js';
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
	t.is(await collect(readLastLines(file, 2)), 'two\nthree\n');
	t.is(await collect(readLastLines(file, 100)), 'one\ntwo\nthree\n');
	t.is(await collect(readLastLines(file, 0)), '');
});

test('where there is no log there are no lines', async t => {
	t.is(await collect(readLastLines(path.join(await temporaryFolder(t), 'none.log'), 10)), '');
});

test('who follows gets the last lines, then what is appended, until they stop', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'one\ntwo\n');
	const stop = new AbortController();
	const lines = followLog(file, 1, stop.signal);
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
	const next = followLog(file, 10, stop.signal).next();
	await fs.writeFile(file, 'first\n');
	t.is((await next).value, 'first\n');
	stop.abort();
});

test('a rotated log is followed into its successor', async t => {
	const file = path.join(await temporaryFolder(t), 'some.log');
	await fs.writeFile(file, 'a line of the old file\n');
	const stop = new AbortController();
	const lines = followLog(file, 1, stop.signal);
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
	const lines = followLog(file, 1, stop.signal);
	await lines.next();
	const text = `x${'€'.repeat(100_000)}\n`;
	await fs.appendFile(file, text);
	const read = await readUntil(lines, soFar => soFar.endsWith('\n'));
	stop.abort();
	t.true(read === text, `${read.split('\ufffd').length - 1} letters were torn`);
});

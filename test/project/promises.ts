import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {discoverySettings} from '../../daemons/discovery/settings.js';
import {portCheckerSettings} from '../../daemons/port-checker/settings.js';
import {providerSettings} from '../../daemons/provider/settings.js';
import type {Setting} from '../../source/platform/settings.js';

/* What no type can hold the code to. */

const root = path.resolve(import.meta.dirname, '../..');

async function readSources(folder: string): Promise<Array<{file: string; text: string}>> {
	const files = await fs.readdir(path.join(root, folder), {recursive: true});
	return Promise.all(
		files
			.filter(file => /\.tsx?$/.test(file))
			.map(async file => ({
				file: path.join(folder, file),
				text: await fs.readFile(path.join(root, folder, file), 'utf8'),
			})),
	);
}

const daemons = {
	discovery: discoverySettings,
	'port-checker': portCheckerSettings,
	provider: providerSettings,
};

for (const [daemon, settings] of Object.entries(daemons)) {
	test(`every setting of the ${daemon} does something`, async t => {
		const main = await fs.readFile(path.join(root, 'daemons', daemon, 'main.ts'), 'utf8');
		const own = await fs.readFile(path.join(root, 'daemons', daemon, 'settings.ts'), 'utf8');
		const checks = own.slice(own.indexOf('export function'));
		const unused = Object.keys(settings).filter(
			name => !main.includes(`settings.${name}`) && !new RegExp(`\\b${name}\\b`).test(checks),
		);
		t.deepEqual(unused, []);
	});

	test(`every setting of the ${daemon} is in the documentation`, async t => {
		const text = await fs.readFile(path.join(root, 'docs/settings.md'), 'utf8');
		// A row names the first whole and the others by their endings.
		const undocumented = Object.values<Setting>(settings)
			.map(({variable}) => variable)
			.filter(variable => {
				const endings = variable.split('_').map((_, index, words) => `_${words.slice(index).join('_')}`);
				return !text.includes(`\`${variable}\``) && !endings.some(ending => text.includes(`\`${ending}\``));
			});
		t.deepEqual(undocumented, []);
	});
}

test('nothing in a daemon blocks it until a child process has ended', async t => {
	const sources = [...(await readSources('daemons')), ...(await readSources('source/platform'))];
	t.true(sources.length > 50);
	t.deepEqual(
		sources.filter(({text}) => /\b(?:exec|execFile|spawn)Sync\b/.test(text)).map(({file}) => file),
		[],
	);
});

test('no deadline is lost to the garbage collector', async t => {
	const sources = [...(await readSources('daemons')), ...(await readSources('source'))];
	t.true(sources.length > 100);
	t.deepEqual(
		sources
			.filter(({text}) => /AbortSignal\.any\([^;]*AbortSignal\.timeout/.test(text))
			.map(({file}) => file),
		[],
	);
});

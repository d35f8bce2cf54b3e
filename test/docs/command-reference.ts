import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {commands} from '../../source/command-line/registry.js';
import {renderCommandReference} from './_command-reference.js';

/* `npm run reference` writes the page anew; without it this says whether it is what it should be. */

const file = path.resolve(import.meta.dirname, '../../docs/commands.md');

test('the page of commands is what the commands say of themselves', async t => {
	const loaded = await Promise.all(
		Object.entries(commands).map(async ([name, load]) => [name, (await load()).default] as const),
	);
	const page = renderCommandReference(loaded);
	if (process.env['GOLEM_WRITE_REFERENCE'] === 'true') {
		await fs.writeFile(file, page);
	}

	t.is(await fs.readFile(file, 'utf8'), page, 'write it anew with: npm run reference');
});

import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {startDaemon} from '../support/daemon.js';
import {startNetwork} from '../support/network.js';
import {documentSchema, renderApiReference} from './_api-reference.js';

/* `npm run reference` writes the pages anew; without it this says whether they are what they should be. */

const folder = path.resolve(import.meta.dirname, '../../docs/api');
const isWriting = process.env['GOLEM_WRITE_REFERENCE'] === 'true';

async function compare(t: ExecutionContext, name: string, url: string): Promise<void> {
	const answer = await fetch(`${url}/api/v1/openapi.json`);
	const page = renderApiReference(documentSchema.parse(await answer.json()));
	const file = path.join(folder, `${name}.md`);
	if (isWriting) {
		await fs.mkdir(folder, {recursive: true});
		await fs.writeFile(file, page);
	}

	t.is(await fs.readFile(file, 'utf8'), page, 'write it anew with: npm run reference');
}

for (const name of ['discovery', 'port-checker'] as const) {
	test(`the page on the API of the ${name} is what the ${name} says of itself`, async t => {
		await compare(t, name, (await startDaemon(t, name)).url);
	});
}

test('the page on the API of the provider is what the provider says of itself', async t => {
	t.timeout(120_000);
	const network = await startNetwork();
	try {
		await compare(t, 'provider', `http://127.0.0.1:${network.provider.port}`);
	} finally {
		await network.tearDown();
	}
});

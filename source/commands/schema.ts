import * as z from 'zod';
import {command} from '../command-line/command.js';
import {documentNames, documentSchema, documentSources} from '../command-line/documents.js';
import {textTable} from '../command-line/text-table.js';
import {exitCodes} from '../platform/golem-error.js';

const definition = command({
	description: 'Show the JSON Schema of what --json prints; alone, list the documents',
	args: z.tuple([z.enum(documentNames).optional().describe('DOCUMENT')]),
	options: z.object({}),
	documents: ['documents', 'json-schema'],
	examples: ['golem schema', 'golem schema vm'],
	async run({result}, {args: [name]}) {
		if (name === undefined) {
			const all = [...(await documentSources())].map(([document, writers]) => ({
				name: document,
				written_by: writers,
			}));
			result(
				all,
				() =>
					textTable(
						['DOCUMENT', 'WRITTEN BY'],
						all.map(({name: document, written_by: [first = '-', ...more]}) => [
							document,
							more.length === 0 ? first : `${first}, and ${more.length} more`,
						]),
					),
				() => [...documentNames],
			);
			return exitCodes.done;
		}

		const schema = await documentSchema(name);
		const text = () => JSON.stringify(schema, null, 2);
		result(schema, text, () => [text()]);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;

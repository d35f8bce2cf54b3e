import {Validator} from '@seriousme/openapi-schema-validator';
import {Ajv2020} from 'ajv/dist/2020.js';
import type {ExecutionContext} from 'ava';
import {type Answer, type SentRequest, send} from '../../support/http.js';

/** An API's document, and requests whose answers must be as it says. */
export type DocumentedApi = {
	// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the document has, and fails where it has not
	document: any;
	/**
	Sends a request, and fails the test where its status, its content type, a header or its body is not in the document.
	@param route the path in the document, such as `/things/{id}`
	*/
	ask(route: string, request: SentRequest): Promise<Answer>;
};

/** Fetches the document of an API, and fails the test where it is none. */
export async function readDocument(t: ExecutionContext, target: {url: string}): Promise<DocumentedApi> {
	const {status, json: document} = await send(target, {path: '/api/v1/openapi.json'});
	t.is(status, 200);
	const {valid, errors} = await new Validator().validate(structuredClone(document));
	t.true(valid, JSON.stringify(errors));

	const ajv = new Ajv2020({strict: false, validateFormats: false});
	ajv.addSchema(document, 'document');
	const encode = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
	return {
		document,
		async ask(route, request) {
			const answer = await send(target, request);
			const method = (request.method ?? 'GET').toLowerCase();
			const asked = `${method} ${request.path}: ${answer.status} ${answer.text}`;
			const described = document.paths[route]?.[method]?.responses[answer.status];
			t.truthy(described, asked);
			for (const [name, header] of Object.entries<{required?: boolean}>(described?.headers ?? {})) {
				if (header.required === false) {
					continue;
				}

				t.not(answer.headers[name.toLowerCase()], undefined, `${name}: ${asked}`);
			}

			if (described?.content === undefined) {
				t.is(answer.text, '', asked);
				t.is(answer.headers['content-type'], undefined, asked);
				return answer;
			}

			const [contentType] = String(answer.headers['content-type']).split(';');
			t.deepEqual(Object.keys(described?.content ?? {}), [contentType], asked);
			const place = ['paths', route, method, 'responses', answer.status, 'content', contentType, 'schema'];
			const validate = ajv.compile({$ref: `document#/${place.map(part => encode(String(part))).join('/')}`});
			t.true(validate(answer.json ?? answer.text), `${JSON.stringify(validate.errors)} ${asked}`);
			return answer;
		},
	};
}

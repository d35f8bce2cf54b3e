import * as z from 'zod';

/* The pages under docs/api, made of the OpenAPI documents that the daemons hand out, which are made of the schemas. */

const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
	z.looseObject({
		type: z.union([z.string(), z.array(z.string())]).optional(),
		description: z.string().optional(),
		enum: z.array(z.unknown()).optional(),
		const: z.unknown().optional(),
		properties: z.record(z.string(), schemaSchema).optional(),
		required: z.array(z.string()).optional(),
		items: schemaSchema.optional(),
		anyOf: z.array(schemaSchema).optional(),
		oneOf: z.array(schemaSchema).optional(),
		allOf: z.array(schemaSchema).optional(),
		additionalProperties: z.unknown().optional(),
		$ref: z.string().optional(),
		minimum: z.number().optional(),
		maximum: z.number().optional(),
		maxLength: z.number().optional(),
		maxItems: z.number().optional(),
		default: z.unknown().optional(),
	}),
);

type Schema = {
	type?: string | string[] | undefined;
	enum?: unknown[] | undefined;
	const?: unknown;
	properties?: Record<string, Schema> | undefined;
	required?: string[] | undefined;
	items?: Schema | undefined;
	anyOf?: Schema[] | undefined;
	oneOf?: Schema[] | undefined;
	allOf?: Schema[] | undefined;
	$ref?: string | undefined;
	minimum?: number | undefined;
	maximum?: number | undefined;
	maxLength?: number | undefined;
	maxItems?: number | undefined;
	default?: unknown;
};

const contentSchema = z.record(z.string(), z.looseObject({schema: schemaSchema.optional()}));
const operationSchema = z.looseObject({
	summary: z.string(),
	parameters: z
		.array(
			z.looseObject({
				name: z.string(),
				in: z.string(),
				description: z.string().optional(),
				required: z.boolean().optional(),
				schema: schemaSchema,
			}),
		)
		.default([]),
	requestBody: z.looseObject({content: contentSchema}).optional(),
	security: z.array(z.record(z.string(), z.unknown())).optional(),
	responses: z.record(
		z.string(),
		z.looseObject({description: z.string(), content: contentSchema.optional()}),
	),
});
type Operation = z.infer<typeof operationSchema>;

export const documentSchema = z.looseObject({
	info: z.looseObject({title: z.string()}),
	paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});
export type ApiDocument = z.infer<typeof documentSchema>;

/** A page in Markdown. */
export function renderApiReference({info, paths}: ApiDocument): string {
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).flatMap(([method, operation]) => renderOperation(method, path, operation)),
	);
	return [
		`# The API of ${info.title}`,
		'',
		'Made from the schemas that each request goes through (`npm run reference`). The same as an OpenAPI document is at',
		'`/api/v1/openapi.json` of each daemon. Signatures are explained in [architecture](../architecture.md#signatures).',
		'',
		...operations,
	]
		.join('\n')
		.trimEnd()
		.concat('\n');
}

function renderOperation(method: string, path: string, operation: Operation): string[] {
	const {summary, parameters, requestBody, security, responses} = operation;
	const [good, bad] = [
		Object.entries(responses).filter(([status]) => Number(status) < 400),
		Object.entries(responses).filter(([status]) => Number(status) >= 400),
	];
	const body = requestBody?.content['application/json']?.schema;
	return [
		`## ${method.toUpperCase()} ${path}`,
		'',
		summary,
		...(security ? ['', 'Takes a signature.'] : []),
		'',
		...(parameters.length > 0
			? [
					'| parameter | in | |',
					'|---|---|---|',
					...parameters.map(
						({name, in: place, description = '', required, schema}) =>
							`| \`${name}\` | ${place}${required ? ', needed' : ''} | ${cell([typeOf(schema), description].filter(Boolean).join('; '))} |`,
					),
					'',
				]
			: []),
		...(body ? ['Body:', '', ...renderFields(body), ''] : []),
		...good.flatMap(([status, {description, content}]) => {
			const [kind, shown] = Object.entries(content ?? {})[0] ?? [];
			const fields = shown?.schema && kind === 'application/json' ? renderFields(shown.schema) : [];
			return [
				`**${status}** ${description}${kind && kind !== 'application/json' ? ` (\`${kind}\`)` : ''}`,
				'',
				...(fields.length > 0 ? [...fields, ''] : []),
			];
		}),
		...(bad.length > 0
			? [`Errors: ${bad.map(([status, {description}]) => `${status} ${description}`).join(' · ')}`, '']
			: []),
	];
}

/** A row for each field; what is inside of it is named by its path. */
function renderFields(schema: Schema): string[] {
	const rows = fieldRows(schema, '');
	return rows.length === 0 ? [typeOf(schema)] : ['| field | |', '|---|---|', ...rows];
}

function fieldRows(schema: Schema, prefix: string): string[] {
	const whole = inner(schema);
	return Object.entries(whole.properties ?? {}).flatMap(([name, field]) => {
		const path = `${prefix}${name}`;
		const isNeeded = whole.required?.includes(name) ?? false;
		const below = inner(field);
		const isList = field.type === 'array' || below !== field;
		return [
			`| \`${path}\` | ${cell(typeOf(field))}${isNeeded ? '' : ', may be missing'} |`,
			...(below.properties
				? fieldRows(field, `${path}${isList && field.type === 'array' ? '[]' : ''}.`)
				: []),
		];
	});
}

/** The object in a list, or in something that may be null. */
function inner(schema: Schema): Schema {
	if (schema.type === 'array' && schema.items) {
		return inner(schema.items);
	}

	const choices = schema.anyOf ?? schema.oneOf ?? [];
	const objects = choices.filter(({type}) => type !== 'null');
	return objects.length === 1 && objects[0] ? inner(objects[0]) : schema;
}

function typeOf(schema: Schema): string {
	if (schema.const !== undefined) {
		return JSON.stringify(schema.const);
	}

	if (schema.enum) {
		return schema.enum.map(value => `\`${String(value)}\``).join(', ');
	}

	const choices = schema.anyOf ?? schema.oneOf;
	if (choices) {
		return [...new Set(choices.map(typeOf))].join(' or ');
	}

	if (schema.$ref) {
		return schema.$ref.split('/').at(-1) ?? '';
	}

	const name = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything');
	const limits = [
		schema.minimum !== undefined && schema.minimum > -(2 ** 53) + 1 ? `from ${schema.minimum}` : '',
		schema.maximum !== undefined && schema.maximum < 2 ** 53 - 1 ? `to ${schema.maximum}` : '',
		schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
		schema.maxItems === undefined ? '' : `at most ${schema.maxItems}`,
		schema.default === undefined ? '' : `\`${String(schema.default)}\` where nothing is said`,
	].filter(Boolean);
	const items = schema.items ? ` of ${typeOf(schema.items)}` : '';
	return [`${name}${items}`, ...limits].join(' ');
}

const cell = (text: string) => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');

import path from 'node:path';
import * as z from 'zod';
import {isErrno, readFileIfThere} from './files.js';
import {exitCodes, GolemError} from './golem-error.js';

/** One thing a user can set: by a flag, in the environment, in `.env` or in `config.json`. */
export type Setting<Value = unknown> = {
	/** The variable's name, which is also its key in `config.json`. */
	variable: string;
	/** Other names it answers to; the first one found counts. */
	aliases?: readonly string[];
	/** Parses the text of the variable. */
	schema: z.ZodType<Value>;
	/** Used when nobody says anything. */
	default: Value;
	description: string;
};

export type SettingOrigin = 'flag' | 'environment' | '.env' | 'config.json' | 'default';

type Values<Settings extends Record<string, Setting>> = {
	[Name in keyof Settings]: z.infer<Settings[Name]['schema']>;
};

export type SettingSources = {
	/** Highest precedence; undefined entries were not given. */
	flags?: Readonly<Record<string, unknown>>;
	environment: NodeJS.ProcessEnv;
	/** Content of `.env` in the working folder. */
	dotEnv: Readonly<Record<string, string>>;
	/** Content of `config.json`. */
	config: Readonly<Record<string, unknown>>;
};

/** Reads `.env` of a folder and the `config.json` of a home. A missing file is an empty one. */
export async function readSettingSources(
	folders: {cwd: string; config: string},
	environment: NodeJS.ProcessEnv = process.env,
): Promise<SettingSources> {
	const [dotEnv, config] = await Promise.all([
		// A folder of that name is a Python environment's, and no concern of ours.
		readFileIfThere(path.join(folders.cwd, '.env')).catch((error: unknown) => {
			if (isErrno(error, 'EISDIR')) {
				return undefined;
			}

			throw error;
		}),
		readConfig(folders.config),
	]);
	return {environment, dotEnv: parseDotEnv(dotEnv ?? ''), config};
}

/**
Resolves every setting, or throws one error (`SETTINGS_INVALID`) that names every bad one with its value, where it came
from and what would be right.
*/
export function resolveSettings<Settings extends Record<string, Setting>>(
	settings: Settings,
	sources: SettingSources,
): {values: Values<Settings>; origins: Record<keyof Settings, SettingOrigin>} {
	const faults: string[] = [];
	const resolved = Object.entries(settings).map(([name, setting]) => {
		const found = findValue(name, setting, sources);
		if (!found) {
			return {name, value: setting.default, origin: 'default' as const};
		}

		const parsed = setting.schema.safeParse(found.value);
		if (!parsed.success) {
			const reasons = parsed.error.issues.map(issue => issue.message).join('; ');
			faults.push(`${setting.variable}=${asText(found.value)} (from ${found.origin}): ${reasons}`);
		}

		return {name, value: parsed.data, origin: found.origin};
	});

	if (faults.length > 0) {
		throw new GolemError(
			'SETTINGS_INVALID',
			faults.length === 1 ? `Bad setting ${faults[0]}` : `Bad settings:\n  ${faults.join('\n  ')}`,
			{exitCode: exitCodes.usage, details: {faults}, hint: 'Nothing was started. Correct the values above.'},
		);
	}

	return {
		values: Object.fromEntries(resolved.map(({name, value}) => [name, value])) as Values<Settings>,
		origins: Object.fromEntries(resolved.map(({name, origin}) => [name, origin])) as Record<
			keyof Settings,
			SettingOrigin
		>,
	};
}

/** What is no text is shown as `config.json` has it. */
function asText(value: unknown): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Gives a setting its type from its schema; `default` is checked against it by the compiler. */
export const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

const listMessage = 'must be a JSON array of strings, or strings separated by commas';

/** A JSON array of texts, or texts separated by commas. */
const list = () =>
	z.union([z.array(z.string()), z.string()], listMessage).transform((value, context) => {
		if (Array.isArray(value)) {
			return value;
		}

		if (!value.trim().startsWith('[')) {
			return value
				.split(',')
				.map(item => item.trim())
				.filter(Boolean);
		}

		try {
			return z.array(z.string()).parse(JSON.parse(value));
		} catch {
			context.issues.push({code: 'custom', input: value, message: listMessage});
			return z.NEVER;
		}
	});

/** Is it what a request over HTTP can be sent to? */
function isHttpUrl(text: string): boolean {
	return /^https?:\/\//i.test(text) && URL.canParse(text);
}

const exampleUrl = 'a URL such as http://host.example:9001';

/** A number, or a text that is nothing but one: an empty variable is not zero. */
function numberBetween(minimum: number, maximum: number, message: string, {isWhole}: {isWhole: boolean}) {
	return z
		.union([z.number(message), z.string().regex(/^\s*[+-]?\d+(?:\.\d+)?\s*$/, message)], message)
		.transform(Number)
		.refine(value => value >= minimum && value <= maximum && (!isWhole || Number.isInteger(value)), message);
}

/**
Texts of the environment as typed values, with messages that say what would be right. Each is made when it is asked for:
most commands have no settings, and zod's first schema takes 3 ms.
*/
export const settingSchemas = {
	get text() {
		return z
			.union([z.string(), z.number(), z.boolean()], 'must be a text')
			.transform(value => String(value).trim())
			.refine(value => value !== '', 'must not be empty');
	},
	get port() {
		return numberBetween(0, 65_535, 'must be a port from 0 (any free one) to 65535', {isWhole: true});
	},
	get flag() {
		return z.union([z.boolean(), z.string()], 'must be true or false').transform((value, context) => {
			const text = String(value).toLowerCase();
			if (['true', '1', 'yes', 'on'].includes(text)) {
				return true;
			}

			if (['false', '0', 'no', 'off', ''].includes(text)) {
				return false;
			}

			context.issues.push({code: 'custom', input: value, message: 'must be true or false'});
			return z.NEVER;
		});
	},
	get list() {
		return list();
	},
	/** Where something answers over HTTP. */
	get url() {
		return z.string(`must be ${exampleUrl}`).trim().refine(isHttpUrl, `must be ${exampleUrl}`);
	},
	/** As `list`, each of them as `url`. */
	get urlList() {
		return list().transform((urls, context) => {
			for (const url of urls.filter(candidate => !isHttpUrl(candidate))) {
				context.issues.push({code: 'custom', input: url, message: `«${url}» is not ${exampleUrl}`});
			}

			return urls;
		});
	},
	wholeNumber: (minimum: number, maximum: number) =>
		numberBetween(minimum, maximum, `must be a whole number from ${minimum} to ${maximum}`, {isWhole: true}),
	wholeNumberOr: <const Word extends string>(word: Word, minimum: number, maximum: number) => {
		const message = `must be ${word}, or a whole number from ${minimum} to ${maximum}`;
		return z.union([z.literal(word), numberBetween(minimum, maximum, message, {isWhole: true})], message);
	},
	number: (minimum: number, maximum: number) =>
		numberBetween(minimum, maximum, `must be a number from ${minimum} to ${maximum}`, {isWhole: false}),
	oneOf: <const Choice extends string>(choices: readonly Choice[]) =>
		z.enum(choices, `must be one of ${choices.join(', ')}`),
};

/** What is said about a setting, by the one that counts; undefined where nobody says anything. */
export function findValue(name: string, {variable, aliases = []}: Setting, sources: SettingSources) {
	const flag = sources.flags?.[name];
	if (flag !== undefined) {
		return {value: flag, origin: 'flag' as const};
	}

	const places = [
		['environment', sources.environment],
		['.env', sources.dotEnv],
		['config.json', sources.config],
	] as const;
	for (const [origin, values] of places) {
		for (const candidate of [variable, ...aliases]) {
			if (values[candidate] !== undefined) {
				return {value: values[candidate], origin};
			}
		}
	}

	return undefined;
}

/** `KEY=value` lines; `#` begins a comment, quotes around a value are taken off, `export ` is allowed. */
export function parseDotEnv(text: string): Record<string, string> {
	const entries = withoutMark(text)
		.split(/\r?\n/)
		.flatMap(line => {
			const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
			if (!match?.[1]) {
				return [];
			}

			const raw = match[2] ?? '';
			const quoted = /^(["'])(.*?)\1(?:\s+#.*)?$/.exec(raw);
			return [[match[1], quoted?.[2] ?? raw.replace(/\s+#.*$/, '')]];
		});
	return Object.fromEntries(entries);
}

/** Some editors begin a file with a mark of its byte order. */
function withoutMark(text: string): string {
	return text.replace(/^\uFEFF/, '');
}

/** The content of a `config.json`; a missing file is an empty one. */
export async function readConfig(file: string): Promise<Record<string, unknown>> {
	return parseConfig(await readFileIfThere(file), file);
}

function parseConfig(text: string | undefined, file: string): Record<string, unknown> {
	if (text === undefined) {
		return {};
	}

	try {
		return z.record(z.string(), z.unknown()).parse(JSON.parse(withoutMark(text)));
	} catch (error) {
		throw new GolemError('SETTINGS_INVALID', `${file} is not a JSON object.`, {
			exitCode: exitCodes.usage,
			hint: 'Correct the file, or move it away to use the defaults.',
			cause: error,
		});
	}
}

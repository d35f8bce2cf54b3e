import os from 'node:os';
import * as z from 'zod';
import {setting, settingSchemas} from '../../source/platform/settings.js';
import {trustedProxiesSchema} from '../host/client-address.js';

/** The file of a `sqlite://` URL. */
const databaseFile = z
	.string()
	.regex(/^sqlite:\/\/(?:\/|~\/)./, 'must be sqlite:///path/to/file or sqlite://~/path/to/file')
	.transform(url => url.slice('sqlite://'.length).replace(/^~(?=\/)/, os.homedir()))
	.optional();

/** Names as providers dial them, or whole URLs; each becomes what a provider's signature is made for. */
const namesSchema = settingSchemas.list.transform((names, context) =>
	names.map(name => {
		const host = readHost(name);
		if (host === undefined) {
			context.issues.push({
				code: 'custom',
				input: name,
				message: `${name} is no name such as discovery.example:9001`,
			});
		}

		return host ?? '';
	}),
);

function readHost(name: string): string | undefined {
	const text = name.includes('://') ? name : `http://${name}`;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	return url && url.username === '' && url.pathname === '/' && url.search === '' ? url.host : undefined;
}

/** What a discovery server can be told. */
export const discoverySettings = {
	host: setting({
		variable: 'DISCOVERY_HOST',
		aliases: ['GOLEM_DISCOVERY_HOST'],
		schema: settingSchemas.text,
		default: '0.0.0.0',
		description: 'Address to listen on',
	}),
	port: setting({
		variable: 'DISCOVERY_PORT',
		aliases: ['GOLEM_DISCOVERY_PORT'],
		schema: settingSchemas.port,
		default: 9001,
		description: 'Port to listen on',
	}),
	databaseFile: setting({
		variable: 'DISCOVERY_DB_URL',
		aliases: ['GOLEM_DISCOVERY_DB_URL'],
		schema: databaseFile,
		default: undefined,
		description: 'Where advertisements are kept: sqlite:///path/to/file',
	}),
	cleanupIntervalSeconds: setting({
		variable: 'DISCOVERY_CLEANUP_INTERVAL_SECONDS',
		aliases: ['GOLEM_DISCOVERY_CLEANUP_INTERVAL_SECONDS'],
		schema: settingSchemas.wholeNumber(1, 86_400),
		default: 60,
		description: 'How often expired advertisements are deleted',
	}),
	requireSignatures: setting({
		variable: 'DISCOVERY_REQUIRE_SIGNATURES',
		aliases: ['GOLEM_DISCOVERY_REQUIRE_SIGNATURES'],
		schema: settingSchemas.flag,
		default: true,
		description: 'Refuse advertisements without a valid signature',
	}),
	allowPrivate: setting({
		variable: 'DISCOVERY_ALLOW_PRIVATE',
		aliases: ['GOLEM_DISCOVERY_ALLOW_PRIVATE'],
		schema: settingSchemas.flag,
		default: false,
		description: 'Accept advertisements with private or loopback addresses',
	}),
	names: setting({
		variable: 'DISCOVERY_NAMES',
		aliases: ['GOLEM_DISCOVERY_NAMES'],
		schema: namesSchema,
		default: [],
		description:
			'What providers call this server, as in discovery.example:9001; withdrawals for others are refused',
	}),
	rateLimitPerMinute: setting({
		variable: 'DISCOVERY_RATE_LIMIT_PER_MINUTE',
		aliases: ['GOLEM_DISCOVERY_RATE_LIMIT_PER_MINUTE'],
		schema: settingSchemas.wholeNumber(1, 1_000_000),
		default: 100,
		description: 'Requests one address may send in a minute',
	}),
	trustedProxies: setting({
		variable: 'DISCOVERY_TRUSTED_PROXIES',
		aliases: ['GOLEM_DISCOVERY_TRUSTED_PROXIES'],
		schema: trustedProxiesSchema,
		default: [],
		description: 'Proxies whose X-Forwarded-For says where a request comes from: addresses and ranges',
	}),
	debug: setting({
		variable: 'DISCOVERY_DEBUG',
		aliases: ['GOLEM_DISCOVERY_DEBUG'],
		schema: settingSchemas.flag,
		default: false,
		description: 'Write each search, and each advertisement as it came, into the log',
	}),
};

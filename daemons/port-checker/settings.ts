import {setting, settingSchemas} from '../../source/platform/settings.js';
import {trustedProxiesSchema} from '../host/client-address.js';

/** What a port checker can be told. */
export const portCheckerSettings = {
	host: setting({
		variable: 'PORT_CHECKER_HOST',
		aliases: ['GOLEM_PORT_CHECKER_HOST'],
		schema: settingSchemas.text,
		default: '0.0.0.0',
		description: 'Address to listen on',
	}),
	port: setting({
		variable: 'PORT_CHECKER_PORT',
		aliases: ['GOLEM_PORT_CHECKER_PORT'],
		schema: settingSchemas.port,
		default: 9000,
		description: 'Port to listen on',
	}),
	retries: setting({
		variable: 'PORT_CHECK_RETRIES',
		aliases: ['GOLEM_PORT_CHECK_RETRIES'],
		schema: settingSchemas.wholeNumber(1, 10),
		default: 3,
		description: 'How often a port is tried before it counts as unreachable',
	}),
	retryDelaySeconds: setting({
		variable: 'PORT_CHECK_RETRY_DELAY',
		aliases: ['GOLEM_PORT_CHECK_RETRY_DELAY'],
		schema: settingSchemas.number(0, 60),
		default: 1,
		description: 'Seconds between two tries',
	}),
	timeoutSeconds: setting({
		variable: 'PORT_CHECK_TIMEOUT',
		aliases: ['GOLEM_PORT_CHECK_TIMEOUT'],
		schema: settingSchemas.number(0.1, 60),
		default: 5,
		description: 'Seconds one try may take',
	}),
	allow: setting({
		variable: 'PORT_CHECKER_ALLOW',
		aliases: ['GOLEM_PORT_CHECKER_ALLOW'],
		schema: trustedProxiesSchema,
		default: [],
		description: 'Callers that may have any public address checked: addresses and ranges',
	}),
	rateLimitPerMinute: setting({
		variable: 'PORT_CHECKER_RATE_LIMIT_PER_MINUTE',
		aliases: ['GOLEM_PORT_CHECKER_RATE_LIMIT_PER_MINUTE'],
		schema: settingSchemas.wholeNumber(1, 1_000_000),
		default: 30,
		description: 'Checks one address may ask for in a minute',
	}),
	trustedProxies: setting({
		variable: 'PORT_CHECKER_TRUSTED_PROXIES',
		aliases: ['GOLEM_PORT_CHECKER_TRUSTED_PROXIES'],
		schema: trustedProxiesSchema,
		default: [],
		description: 'Proxies whose X-Forwarded-For says where a request comes from: addresses and ranges',
	}),
	debug: setting({
		variable: 'PORT_CHECKER_DEBUG',
		aliases: ['GOLEM_PORT_CHECKER_DEBUG'],
		schema: settingSchemas.flag,
		default: false,
		description: 'Write what was found of each port into the log',
	}),
};

import * as z from 'zod';
import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {setting, settingSchemas} from '../../source/platform/settings.js';
import {providerNameSchema} from '../../source/protocol/advertisement.js';
import {countrySchema} from '../../source/protocol/country.js';
import {identityIdSchema} from '../../source/protocol/identity.js';
import {defaultProviderPort} from '../../source/protocol/ports.js';
import {trustedProxiesSchema} from '../host/client-address.js';
import {publicAddressSchema} from './ports/public-address.js';

/** What a provider can be told. */
export const providerSettings = {
	id: setting({
		variable: 'GOLEM_PROVIDER_ID',
		schema: z.union([identityIdSchema, z.literal('')], 'must be an Ethereum address: 0x and 40 hex digits'),
		default: '',
		description: 'The id this provider must have; it is that of its key, and only compared',
	}),
	name: setting({
		variable: 'GOLEM_PROVIDER_NAME',
		schema: providerNameSchema,
		default: 'golem-provider',
		description: 'Name shown to requestors',
	}),
	country: setting({
		variable: 'GOLEM_PROVIDER_COUNTRY',
		schema: countrySchema,
		default: 'SE',
		description: 'Where this machine is, as an ISO 3166-1 code',
	}),
	host: setting({
		variable: 'GOLEM_PROVIDER_HOST',
		schema: settingSchemas.text,
		default: '0.0.0.0',
		description: 'Address to listen on, for the API and for the VMs’ SSH ports',
	}),
	port: setting({
		variable: 'GOLEM_PROVIDER_PORT',
		schema: settingSchemas.port,
		default: defaultProviderPort,
		description: 'Port of the API',
	}),
	publicIp: setting({
		variable: 'GOLEM_PROVIDER_PUBLIC_IP',
		schema: publicAddressSchema,
		default: 'auto',
		description: 'Address requestors connect to; auto asks the port checkers, then the address services',
	}),
	addressServices: setting({
		variable: 'GOLEM_PROVIDER_PUBLIC_IP_SERVICES',
		schema: settingSchemas.urlList,
		default: ['https://api.ipify.org', 'https://icanhazip.com'],
		description: 'Services that answer with the caller’s address and nothing else',
	}),
	portRangeStart: setting({
		variable: 'GOLEM_PROVIDER_PORT_RANGE_START',
		schema: settingSchemas.wholeNumber(1024, 65_535),
		default: 50_800,
		description: 'First SSH port',
	}),
	portRangeEnd: setting({
		variable: 'GOLEM_PROVIDER_PORT_RANGE_END',
		schema: settingSchemas.wholeNumber(1025, 65_536),
		default: 50_900,
		description: 'End of the SSH ports, itself not included',
	}),
	portCheckServers: setting({
		variable: 'GOLEM_PROVIDER_PORT_CHECK_SERVERS',
		schema: settingSchemas.urlList,
		default: ['https://ports1.golem.network', 'https://ports2.golem.network'],
		description: 'Port checkers that say whether this machine can be reached',
	}),
	portCheckQuorum: setting<number | 'majority'>({
		variable: 'GOLEM_PROVIDER_PORT_CHECK_QUORUM',
		schema: settingSchemas.wholeNumberOr('majority', 1, 100),
		default: 'majority',
		description:
			'How many port checkers must reach a port; majority means more than half of those that answer',
	}),
	skipPortVerification: setting({
		variable: 'GOLEM_PROVIDER_SKIP_PORT_VERIFICATION',
		schema: settingSchemas.flag,
		default: false,
		description: 'Take every port that can be opened for reachable',
	}),
	discoveryUrls: setting({
		variable: 'GOLEM_PROVIDER_DISCOVERY_URL',
		schema: settingSchemas.urlList,
		default: ['http://discovery.golem.network:9001'],
		description: 'Discovery servers to advertise to',
	}),
	advertisementIntervalSeconds: setting({
		variable: 'GOLEM_PROVIDER_ADVERTISEMENT_INTERVAL',
		schema: settingSchemas.wholeNumber(1, 299),
		default: 240,
		description: 'Seconds between two advertisements; one holds for 300',
	}),
	maxVms: setting({
		variable: 'GOLEM_PROVIDER_MAX_VMS',
		schema: settingSchemas.wholeNumber(0, 10_000),
		default: 10,
		description: 'How many VMs there may be',
	}),
	reservePercent: setting({
		variable: 'GOLEM_PROVIDER_RESERVE_PERCENT',
		schema: settingSchemas.wholeNumber(0, 95),
		default: 20,
		description:
			'Part of this machine that is not rented out, of cores rounded down; an offer below says otherwise',
	}),
	cpuThreshold: threshold('CPU', 'processors (over the last minute)', 90),
	memoryThreshold: threshold('MEMORY', 'memory', 85),
	storageThreshold: threshold('STORAGE', 'disk that holds the VMs', 90),
	restartVms: setting({
		variable: 'GOLEM_PROVIDER_RESTART_VMS',
		schema: settingSchemas.flag,
		default: true,
		description: 'VMs that ran when this machine went down run again after it',
	}),
	auth: setting<'signature' | 'open'>({
		variable: 'GOLEM_PROVIDER_AUTH',
		schema: settingSchemas.oneOf(['signature', 'open']),
		default: 'signature',
		description: 'open lets in clients that do not sign; all of them share the VMs they make',
	}),
	rateLimitPerMinute: setting({
		variable: 'GOLEM_PROVIDER_RATE_LIMIT_PER_MINUTE',
		schema: settingSchemas.wholeNumber(1, 1_000_000),
		default: 60,
		description: 'Requests a minute that one requestor can make',
	}),
	trustedProxies: setting({
		variable: 'GOLEM_PROVIDER_TRUSTED_PROXIES',
		schema: trustedProxiesSchema,
		default: [],
		description: 'Proxies whose X-Forwarded-For is believed: addresses and ranges',
	}),
	driver: setting<'auto' | 'qemu'>({
		variable: 'GOLEM_PROVIDER_DRIVER',
		schema: settingSchemas.oneOf(['auto', 'qemu']),
		default: 'auto',
		description: 'What runs the VMs',
	}),
	offerCpuCores: setting({
		variable: 'GOLEM_PROVIDER_OFFER_CPU_CORES',
		schema: settingSchemas.wholeNumber(0, 4096),
		default: 0,
		description: 'Cores to rent out; 0 means all but the reserve',
	}),
	offerMemoryGb: setting({
		variable: 'GOLEM_PROVIDER_OFFER_MEMORY_GB',
		schema: settingSchemas.wholeNumber(0, 65_536),
		default: 0,
		description: 'Memory to rent out in GB; 0 means all but the reserve',
	}),
	offerStorageGb: setting({
		variable: 'GOLEM_PROVIDER_OFFER_STORAGE_GB',
		schema: settingSchemas.wholeNumber(0, 1_048_576),
		default: 0,
		description: 'Storage to rent out in GB; 0 means what nobody else uses, but the reserve',
	}),
	minCpuCores: setting({
		variable: 'GOLEM_PROVIDER_MIN_CPU_CORES',
		schema: settingSchemas.wholeNumber(1, 4096),
		default: 1,
		description: 'Smallest number of cores a VM can have',
	}),
	minMemoryGb: setting({
		variable: 'GOLEM_PROVIDER_MIN_MEMORY_GB',
		schema: settingSchemas.wholeNumber(1, 65_536),
		default: 1,
		description: 'Smallest memory a VM can have, in GB',
	}),
	minStorageGb: setting({
		variable: 'GOLEM_PROVIDER_MIN_STORAGE_GB',
		schema: settingSchemas.wholeNumber(1, 1_048_576),
		default: 10,
		description: 'Smallest disk a VM can have, in GB',
	}),
	defaultImage: setting({
		variable: 'GOLEM_PROVIDER_DEFAULT_IMAGE',
		schema: settingSchemas.text,
		default: 'micro',
		description: 'Image of a VM for which none was named',
	}),
	qemuBinary: setting({
		variable: 'GOLEM_PROVIDER_QEMU_BINARY_PATH',
		schema: z.string().trim(),
		default: '',
		description: 'The QEMU to use; found on the PATH where nothing is said',
	}),
};

function threshold(kind: string, what: string, percent: number) {
	return setting({
		variable: `GOLEM_PROVIDER_${kind}_THRESHOLD`,
		schema: settingSchemas.number(1, 100),
		default: percent,
		description: `No new VM while more than that many percent of the ${what} are in use; 100 never refuses`,
	});
}

/**
What no setting can tell by itself.
@param id the id of the provider's key
@throws SETTINGS_INVALID
*/
export function checkProviderSettings(
	settings: {
		id: string;
		port: number;
		portRangeStart: number;
		portRangeEnd: number;
		portCheckServers: readonly string[];
		portCheckQuorum: number | 'majority';
	},
	id: string,
): void {
	const faults = [...settingFaults(settings, id)];
	if (faults.length > 0) {
		throw new GolemError('SETTINGS_INVALID', `Bad setting ${faults.join('\n  and ')}`, {
			exitCode: exitCodes.usage,
			details: {faults},
			hint: 'Nothing was started. Correct the values above.',
		});
	}
}

function* settingFaults(
	{
		id: wantedId,
		port,
		portRangeStart,
		portRangeEnd,
		portCheckServers,
		portCheckQuorum,
	}: Parameters<typeof checkProviderSettings>[0],
	id: string,
): Generator<string> {
	if (wantedId !== '' && wantedId !== id) {
		yield `GOLEM_PROVIDER_ID=${wantedId}: the key of this home has the id ${id}; an id cannot be chosen without its key`;
	}

	if (portRangeStart >= portRangeEnd) {
		yield `GOLEM_PROVIDER_PORT_RANGE_END=${portRangeEnd}: must be above GOLEM_PROVIDER_PORT_RANGE_START, which is ${portRangeStart}`;
	} else if (port >= portRangeStart && port < portRangeEnd) {
		yield `GOLEM_PROVIDER_PORT=${port}: must not be one of the VMs’ SSH ports, ${portRangeStart} to ${portRangeEnd - 1}`;
	}

	if (portCheckQuorum !== 'majority' && portCheckQuorum > portCheckServers.length) {
		yield `GOLEM_PROVIDER_PORT_CHECK_QUORUM=${portCheckQuorum}: must not be more than GOLEM_PROVIDER_PORT_CHECK_SERVERS has, which is ${portCheckServers.length}`;
	}
}

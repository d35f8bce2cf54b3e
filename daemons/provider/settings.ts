import {setting, settingSchemas} from '../../source/platform/settings.js';
import {countrySchema} from '../../source/protocol/country.js';
import {defaultProviderPort} from '../../source/protocol/ports.js';

/** What a provider can be told. */
export const providerSettings = {
	name: setting({
		variable: 'GOLEM_PROVIDER_NAME',
		schema: settingSchemas.text,
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
		schema: settingSchemas.text,
		default: 'auto',
		description: 'Address requestors connect to; auto asks the port checkers',
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
		schema: settingSchemas.list,
		default: ['https://ports1.golem.network', 'https://ports2.golem.network'],
		description: 'Port checkers that say whether this machine can be reached',
	}),
	skipPortVerification: setting({
		variable: 'GOLEM_PROVIDER_SKIP_PORT_VERIFICATION',
		schema: settingSchemas.flag,
		default: false,
		description: 'Take every port that can be opened for reachable',
	}),
	discoveryUrls: setting({
		variable: 'GOLEM_PROVIDER_DISCOVERY_URL',
		schema: settingSchemas.list,
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
	offerCpuCores: setting({
		variable: 'GOLEM_PROVIDER_OFFER_CPU_CORES',
		schema: settingSchemas.wholeNumber(0, 4096),
		default: 0,
		description: 'Cores to rent out; 0 means all of them',
	}),
	offerMemoryGb: setting({
		variable: 'GOLEM_PROVIDER_OFFER_MEMORY_GB',
		schema: settingSchemas.wholeNumber(0, 65_536),
		default: 0,
		description: 'Memory to rent out in GB; 0 means all but a fifth',
	}),
	offerStorageGb: setting({
		variable: 'GOLEM_PROVIDER_OFFER_STORAGE_GB',
		schema: settingSchemas.wholeNumber(0, 1_048_576),
		default: 0,
		description: 'Storage to rent out in GB; 0 means all that is not used by others but a fifth',
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
		schema: settingSchemas.text,
		default: '',
		description: 'The QEMU to use; found on the PATH where nothing is said',
	}),
};

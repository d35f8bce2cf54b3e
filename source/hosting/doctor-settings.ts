import * as z from 'zod';
import {setting, settingSchemas} from '../platform/settings.js';

/** What a provider of this home would be told; asked while none runs. The same as in the provider's own settings. */
export const doctorSettings = {
	discoveryUrls: setting({
		variable: 'GOLEM_PROVIDER_DISCOVERY_URL',
		schema: settingSchemas.urlList,
		default: ['http://discovery.golem.network:9001'],
		description: 'Discovery servers to advertise to',
	}),
	portCheckServers: setting({
		variable: 'GOLEM_PROVIDER_PORT_CHECK_SERVERS',
		schema: settingSchemas.urlList,
		default: ['https://ports1.golem.network', 'https://ports2.golem.network'],
		description: 'Port checkers that say whether this machine can be reached',
	}),
	qemuBinary: setting({
		variable: 'GOLEM_PROVIDER_QEMU_BINARY_PATH',
		schema: z.string().trim(),
		default: '',
		description: 'The QEMU to use; found on the PATH where nothing is said',
	}),
};

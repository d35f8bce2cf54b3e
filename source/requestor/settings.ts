import {setting, settingSchemas} from '../platform/settings.js';

/** What a requestor can set. */
export const requestorSettings = {
	discoveryUrls: setting({
		variable: 'GOLEM_REQUESTOR_DISCOVERY_URL',
		schema: settingSchemas.urlList,
		default: ['http://discovery.golem.network:9001'],
		description: 'Discovery servers to look for providers at',
	}),
	sshFolder: setting({
		variable: 'GOLEM_REQUESTOR_SSH_KEY_DIR',
		schema: settingSchemas.text,
		default: '',
		description: 'Where the SSH key for rented VMs is; ~/.golem/ssh where nothing is said',
	}),
	database: setting({
		variable: 'GOLEM_REQUESTOR_DB_PATH',
		schema: settingSchemas.text,
		default: '',
		description: 'Where rentals are kept; ~/.golem/vms.db where nothing is said',
	}),
};

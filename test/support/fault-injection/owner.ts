import type {ProviderClient} from '../../../source/client/provider-client.js';
import type {Identity} from '../../../source/protocol/identity.js';

/** Somebody who rents, and every VM that was ever acknowledged to them. */
export type Owner = {
	name: string;
	identity: Identity;
	client: ProviderClient;
	vmIds: Set<string>;
};

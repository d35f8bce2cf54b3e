import {ApiError} from '../../source/protocol/error-codes.js';
import {identityIdSchema} from '../../source/protocol/identity.js';
import {isSigned} from '../../source/protocol/signed-request.js';
import {addressKey, createRateLimit, type RateLimit} from '../host/rate-limit.js';
import {createRequestAuthenticator} from '../host/request-signatures.js';
import type {ApiRequest, RequestLimit} from '../host/router.js';
import {nobody} from './vm-record.js';

/** Who asks for something to be done with VMs. */
export type Tenants = {
	/**
	The owner in whose name a request is carried out. Everything about VMs begins with it.
	@throws AUTH_001 to AUTH_003, RATE_001, SRV_002 while the provider is not ready
	*/
	ownerOf(request: ApiRequest): Promise<string>;
	/**
	Counts a request before anything of it is believed, by its sender's address and the id it claims together, so that
	nobody can use up another's requests.
	*/
	limitClaims: RequestLimit;
};

/**
So many strangers may come from one address with all their requests. A check of a signature takes about a millisecond,
and ids cost nothing: without a bound one machine could have signatures checked without end.
*/
const strangersPerAddress = 200;
const maximumAcquaintances = 10_000;

export function createTenants({
	providerId,
	auth,
	rateLimit,
	perMinute,
	isReady,
}: {
	providerId: string;
	/** `open` lets those in who do not say who they are. */
	auth: 'signature' | 'open';
	rateLimit: RateLimit;
	/** Requests a minute that `rateLimit` lets through. */
	perMinute: number;
	isReady: () => boolean;
}): Tenants {
	const authenticate = createRequestAuthenticator('Requestor');
	const addressLimit = createRateLimit({perMinute: perMinute * strangersPerAddress, maximumKeys: 10_000});
	/** Who has signed before, each with their address, the longest ago first: they are no strangers there. */
	const acquaintances = new Set<string>();

	function remember(acquaintance: string): void {
		acquaintances.delete(acquaintance);
		acquaintances.add(acquaintance);
		const [first] = acquaintances;
		if (acquaintances.size > maximumAcquaintances && first !== undefined) {
			acquaintances.delete(first);
		}
	}

	return {
		async ownerOf(request) {
			if (!isReady()) {
				throw new ApiError('SRV_002', 'This provider is starting or shutting down.', {
					headers: {'Retry-After': '2'},
				});
			}

			if (auth === 'open' && !isSigned(request.headers, 'Requestor')) {
				return nobody;
			}

			const address = addressKey(request.remoteAddress);
			if (!acquaintances.has(`${readClaim(request)} ${address}`)) {
				await addressLimit.consume(address);
			}

			const id = authenticate(request, providerId);
			remember(`${id} ${address}`);
			request.setAnswerHeaders(await rateLimit.consume(`requestor ${id}`));
			return id;
		},
		limitClaims: request =>
			rateLimit.consume(`claim ${readClaim(request)} ${addressKey(request.remoteAddress)}`),
	};
}

/** Who somebody says they are. */
function readClaim({headers}: Pick<ApiRequest, 'headers'>): string {
	const claimed = identityIdSchema.safeParse(headers['x-requestor-id']);
	return claimed.success ? claimed.data : nobody;
}

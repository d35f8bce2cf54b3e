import {ApiError} from '../../source/protocol/error-codes.js';
import {createRequestAuthenticator} from '../host/request-signatures.js';
import type {ApiRequest} from '../host/router.js';

/**
Finds out who withdraws. A withdrawal that was signed for another discovery server must not count here, and the Host it
comes with proves nothing: whoever passes on somebody's request writes there what they like. So with names, the signature
has to be for one of them, whatever Host says, which a proxy may have changed as well.
@returns a function that gives the provider's id, and throws as `createRequestAuthenticator`'s does
*/
export function createWithdrawalAuthenticator(
	names: readonly string[],
): (request: Pick<ApiRequest, 'method' | 'path' | 'headers' | 'rawBody'>) => string {
	const authenticate = createRequestAuthenticator('Provider');
	return request => {
		if (names.length === 0) {
			return authenticate(request, request.headers.host ?? '');
		}

		for (const name of names) {
			try {
				return authenticate(request, name);
			} catch (error) {
				if (!(error instanceof ApiError && error.code === 'AUTH_001')) {
					throw error;
				}
			}
		}

		throw new ApiError('AUTH_001', 'The signature is not that provider’s, or is for another server.', {
			hint: `Sign for the name of this one: ${names.join(' or ')}.`,
		});
	};
}

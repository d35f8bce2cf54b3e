import {createHash} from 'node:crypto';
import {type Advertisement, isAdvertisementGenuine} from '../protocol/advertisement.js';

const maximumVerdicts = 20_000;

/**
Looks at each signed statement once, from however many servers it comes.
@returns a function that tells whether the provider itself said this
*/
export function createSignatureJudge(): (advertisement: Advertisement) => boolean {
	const verdicts = new Map<string, boolean>();
	return advertisement => {
		const {created_at: _created, updated_at: _updated, ...statement} = advertisement;
		// Over all that was said: another text may well come with the same signature.
		const key = createHash('sha256').update(JSON.stringify(statement)).digest('base64');
		const verdict = verdicts.get(key) ?? isAdvertisementGenuine(advertisement);
		verdicts.set(key, verdict);
		for (const [oldest] of verdicts) {
			if (verdicts.size <= maximumVerdicts) {
				break;
			}

			verdicts.delete(oldest);
		}

		return verdict;
	};
}

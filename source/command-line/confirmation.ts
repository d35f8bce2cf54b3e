import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Context} from './context.js';

/**
Is somebody sure about what cannot be undone? On a terminal they are asked, and no is the default; `--yes` is a yes.
@throws USAGE where nobody can be asked and nothing was said: silence is no yes
*/
export async function mustConfirm(
	{mayAsk, saysYes, choose}: Pick<Context, 'mayAsk' | 'saysYes' | 'choose'>,
	{question, no, yes, command}: {question: string; no: string; yes: string; command: string},
): Promise<boolean> {
	if (saysYes) {
		return true;
	}

	if (!mayAsk) {
		throw new GolemError('USAGE', 'This cannot be undone, and there is no terminal to ask on.', {
			exitCode: exitCodes.usage,
			hint: `If you are sure: ${command} --yes`,
		});
	}

	const answer = await choose(question, [
		{value: 'no', label: no},
		{value: 'yes', label: yes},
	]);
	return answer === 'yes';
}

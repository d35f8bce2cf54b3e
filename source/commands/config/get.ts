import * as z from 'zod';
import {findAllSettings, settingNamed, settingText} from '../../command-line/all-settings.js';
import {command} from '../../command-line/command.js';
import {exitCodes} from '../../platform/golem-error.js';

const definition = command({
	description: 'Show one setting; its value alone where it is not for --json',
	args: z.tuple([z.string().describe('SETTING')]),
	options: z.object({}),
	documents: ['setting'],
	examples: ['golem config get GOLEM_PROVIDER_PORT', 'golem config get GOLEM_REQUESTOR_DISCOVERY_URL --json'],
	async run(context, {args: [name]}) {
		const setting = settingNamed(name, await findAllSettings(context));
		const text = () => settingText(setting.value);
		context.result(setting, text, () => [text()]);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;

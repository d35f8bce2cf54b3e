import * as z from 'zod';
import {findAllSettings, settingNamed, unknownKeys} from '../../command-line/all-settings.js';
import {command} from '../../command-line/command.js';
import {changeConfig, withoutKeys} from '../../command-line/config-file.js';
import {exitCodes} from '../../platform/golem-error.js';

const definition = command({
	description: 'Take a setting out of config.json',
	args: z.tuple([z.string().describe('SETTING')]),
	options: z.object({}),
	documents: ['setting-changed'],
	examples: ['golem config unset GOLEM_PROVIDER_NAME', 'golem config unset GOLEM_PROVIDER_MAX_VMS --json'],
	async run(context, {args: [typed]}) {
		const {paths, sources, result} = context;
		const settings = await findAllSettings(context);
		// A key that nobody goes by can be taken out too: that is how one gets rid of it.
		const isStray = unknownKeys(sources.config, settings).some(({key}) => key === typed);
		const {name, aliases} = isStray ? {name: typed, aliases: []} : settingNamed(typed, settings);
		const isThere = [name, ...aliases].some(key => Object.hasOwn(sources.config, key));
		const changed = isThere && (await changeConfig(paths, config => withoutKeys(config, [name, ...aliases])));
		result(
			{name, file: paths.config, changed},
			() => (changed ? `${name} is out of ${paths.config}.` : `${name} was not in ${paths.config}.`),
			() => [name],
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;

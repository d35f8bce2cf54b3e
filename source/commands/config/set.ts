import * as z from 'zod';
import {
	findAllSettings,
	findFault,
	type OwnedSetting,
	settingNamed,
} from '../../command-line/all-settings.js';
import {command} from '../../command-line/command.js';
import {changeConfig, withoutKeys} from '../../command-line/config-file.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';

const definition = command({
	description: 'Write a setting into config.json; a value that is no good is refused',
	args: z.tuple([z.string().describe('SETTING'), z.string().describe('VALUE')]),
	options: z.object({}),
	documents: ['setting-changed'],
	examples: [
		'golem config set GOLEM_PROVIDER_NAME attic',
		'golem config set GOLEM_PROVIDER_MAX_VMS 4 --json',
	],
	async run(context, {args: [name, value]}) {
		const {paths, result, note} = context;
		const setting = settingNamed(name, await findAllSettings(context));
		await check(setting, value, context);
		const changed = await changeConfig(paths, config => ({
			...withoutKeys(config, setting.aliases),
			[setting.name]: storedValue(value, setting),
		}));
		const isOverruled = setting.source === 'environment' || setting.source === '.env';
		result(
			{name: setting.name, value: storedValue(value, setting), file: paths.config, changed},
			() => `${setting.name} is ${value} in ${paths.config}.`,
			() => [setting.name],
		);
		if (isOverruled) {
			note(`It does not count as long as ${setting.name} is said in ${placeOf(setting)}, which wins.`);
		} else if (setting.owner !== 'requestor') {
			note(`A ${setting.owner} that is running goes by it after its next start.`);
		}

		return exitCodes.done;
	},
});

async function check(
	setting: OwnedSetting,
	value: string,
	context: Parameters<typeof findFault>[2],
): Promise<void> {
	if (setting.owner === 'golem') {
		throw new GolemError('SETTINGS_INVALID', `${setting.name} counts in the environment only.`, {
			exitCode: exitCodes.usage,
			hint: `Say it there: export ${setting.name}=…`,
		});
	}

	const fault = await findFault(setting, value, context);
	if (fault !== null) {
		throw new GolemError('SETTINGS_INVALID', `Bad setting ${setting.name}=${value}: ${fault}`, {
			exitCode: exitCodes.usage,
			hint: 'Nothing was written.',
		});
	}
}

function placeOf({source}: OwnedSetting): string {
	return source === '.env' ? '.env' : 'the environment';
}

/** As JSON says it: a number or a yes and no where that is what the setting is. */
function storedValue(text: string, {default: usual}: OwnedSetting): unknown {
	const isNumber = typeof usual === 'number' && /^-?\d+(?:\.\d+)?$/.test(text);
	return typeof usual === 'boolean' && /^(?:true|false)$/.test(text)
		? text === 'true'
		: isNumber
			? Number(text)
			: text;
}

export const {description, args, options} = definition;
export default definition;

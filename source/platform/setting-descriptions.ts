import * as z from 'zod';
import {findValue, type Setting, type SettingSources} from './settings.js';

/** A daemon that is started with this prints its settings as JSON (`settingDescriptionSchema`) and ends. */
export const describeSettingsFlag = '--describe-settings';

/** A setting as it is told to people and to other programs. */
export const settingDescriptionSchema = z.object({
	name: z.string().describe('The variable, which is also the key in config.json'),
	aliases: z.array(z.string()).describe('Other names it answers to'),
	value: z.unknown().describe('What counts now; what was said where that is no good'),
	source: z
		.enum(['flag', 'environment', '.env', 'config.json', 'default'])
		.describe('Where the value is from'),
	default: z.unknown().describe('Used where nobody says anything; null where there is none'),
	description: z.string(),
	fault: z.string().nullable().describe('What is wrong with the value'),
});
export type SettingDescription = z.infer<typeof settingDescriptionSchema>;

/** Tells of each setting what it is now, where that comes from, and what is wrong with it. */
export function describeSettings(
	settings: Record<string, Setting>,
	sources: SettingSources,
): SettingDescription[] {
	return Object.entries(settings).map(([key, setting]) => {
		const found = findValue(key, setting, sources);
		const parsed = found && setting.schema.safeParse(found.value);
		return {
			name: setting.variable,
			aliases: [...(setting.aliases ?? [])],
			value: (found ? (parsed?.success ? parsed.data : found.value) : setting.default) ?? null,
			source: found?.origin ?? 'default',
			default: setting.default ?? null,
			description: setting.description,
			fault: parsed?.error?.issues.map(({message}) => message).join('; ') ?? null,
		};
	});
}

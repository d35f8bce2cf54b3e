import {execa} from 'execa';
import * as z from 'zod';
import {GolemError} from '../platform/golem-error.js';
import {parseJson} from '../platform/json.js';
import type {DaemonName} from '../platform/paths.js';
import {processEntry} from '../platform/program.js';
import {
	describeSettingsFlag,
	type SettingDescription,
	settingDescriptionSchema,
} from '../platform/setting-descriptions.js';

/**
What a daemon would go by if it were started in that environment. It is asked of its own program, which alone knows what
it can be told; none is started.
*/
export async function askDaemonSettings(
	name: DaemonName,
	environment: NodeJS.ProcessEnv,
	signal?: AbortSignal,
): Promise<SettingDescription[]> {
	const {stdout, stderr} = await execa({
		node: true,
		reject: false,
		stdin: 'ignore',
		extendEnv: false,
		env: environment,
		...(signal ? {cancelSignal: signal} : {}),
	})(processEntry(name), [describeSettingsFlag]);
	signal?.throwIfAborted();
	const told = z.array(settingDescriptionSchema).safeParse(parseJson(stdout));
	if (!told.success) {
		throw new GolemError('BAD_ANSWER', `The ${name} did not tell its settings. ${stderr}`.trim());
	}

	return told.data;
}

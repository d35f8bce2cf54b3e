import * as z from 'zod';
import {command} from '../command-line/command.js';
import {examine} from '../hosting/doctor.js';
import {hindrances, thingsToMend} from '../hosting/doctor-check.js';
import {describeCheck, summarise} from '../hosting/doctor-text.js';
import {exitCodes} from '../platform/golem-error.js';

const definition = command({
	description: 'Find out why your provider gets no work: each check with what to do about it',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['diagnosis'],
	examples: ['golem doctor', 'golem doctor --json'],
	async run(context) {
		const {isJson, isQuiet, line, result} = context;
		const {columns} = process.stdout;
		// Each as soon as it is known: looking takes a while where something does not answer.
		const checks = await examine(context, check => {
			if (!isJson && !isQuiet) {
				line(describeCheck(check, columns));
			}
		});
		const isOk = hindrances(checks).length === 0;
		result(
			{
				ok: isOk,
				checks: checks.map(({name, verdict, evidence, fix}) => ({
					name,
					verdict,
					evidence,
					fix: fix.length > 0 ? fix.join('\n') : null,
				})),
			},
			() => `\n${summarise(checks, columns)}`,
			() => thingsToMend(checks).map(({name}) => name),
		);
		return isOk ? exitCodes.done : exitCodes.failed;
	},
});

export const {description, args, options} = definition;
export default definition;

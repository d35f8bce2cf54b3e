import * as z from 'zod';
import {readFileIfThere, writeFileAtomically} from '../../../source/platform/files.js';
import type {Log} from '../../../source/platform/log.js';
import {type PortCheckerFinding, portCheckerFindingSchema} from '../../../source/protocol/control.js';
import {timestampSchema} from '../../../source/protocol/time.js';
import type {Verdict} from './verdict.js';

/** What port checkers found, kept over restarts: a provider that comes back need not be found out anew. */
export type RememberedPorts = {
	/** The address it was found at. */
	publicIp: string | undefined;
	ports: ReadonlyArray<Verdict & {port: number; findings: PortCheckerFinding[]; checkedAt: string | null}>;
};

export type PortMemory = {
	initial: RememberedPorts;
	/** Never fails: what is lost is found out again. */
	write(ports: RememberedPorts): Promise<void>;
};

const fileSchema = z.object({
	public_ip: z.string(),
	ports: z.array(
		z.object({
			port: z.number().int(),
			state: z.enum(['verified', 'unreachable', 'disputed', 'unknown']),
			reason: z.string().nullable(),
			findings: z.array(portCheckerFindingSchema),
			checked_at: timestampSchema,
		}),
	),
});

/** How long it is believed that a port can be reached while no port checker answers: their trouble is not the provider's. */
const trustMs = 6 * 60 * 60_000;

/** Is it too long ago that port checkers said something? */
export function isOutdated(checkedAt: string | null, now: number): boolean {
	return checkedAt === null || now - Date.parse(checkedAt) > trustMs;
}

/**
A file that cannot be read, or is another version's, is one that is not there.
@param publicIp the address the provider is told to have, if it is: what was found at another one is not kept
*/
export async function openPortMemory({
	file,
	publicIp,
	log,
	now = Date.now,
}: {
	file: string;
	publicIp: string | undefined;
	log: Log;
	now?: () => number;
}): Promise<PortMemory> {
	const {ports, ...remembered} = await read(file, log);
	const isElsewhere = publicIp !== undefined && remembered.publicIp !== publicIp;
	return {
		initial: {
			...remembered,
			ports: ports.filter(({checkedAt}) => !isElsewhere && !isOutdated(checkedAt, now())),
		},
		async write({publicIp, ports}) {
			// Where nobody was asked there is nothing to remember.
			const asked = ports.flatMap(({port, state, reason, findings, checkedAt}) =>
				checkedAt === null ? [] : [{port, state, reason, findings, checked_at: checkedAt}],
			);
			const content = JSON.stringify({public_ip: publicIp, ports: asked});
			await writeFileAtomically(file, `${content}\n`).catch((err: unknown) => {
				log.warn({file, err}, 'what was found of the ports could not be written down');
			});
		},
	};
}

async function read(file: string, log: Log): Promise<RememberedPorts> {
	const nothing = {publicIp: undefined, ports: []};
	try {
		const text = await readFileIfThere(file);
		if (text === undefined) {
			return nothing;
		}

		const {public_ip, ports} = fileSchema.parse(JSON.parse(text));
		return {
			publicIp: public_ip,
			ports: ports.map(({checked_at, ...found}) => ({...found, checkedAt: checked_at})),
		};
	} catch (err) {
		log.warn({file, err}, 'what was found of the ports cannot be read; they are verified anew');
		return nothing;
	}
}

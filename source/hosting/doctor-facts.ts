import * as z from 'zod';
import type {SignOfLife} from '../client/http-client.js';
import {createHttpClient} from '../client/http-client.js';
import {type Accelerator, findAccelerator} from '../platform/accelerator.js';
import {isErrno} from '../platform/files.js';
import {GolemError} from '../platform/golem-error.js';
import type {Paths} from '../platform/paths.js';
import {runProgram} from '../platform/process.js';
import {qemuProgram} from '../platform/qemu-program.js';
import {type Advertisement, advertisementBodySchema} from '../protocol/advertisement.js';
import type {DaemonStatus} from '../protocol/control.js';
import {loadKindSchema} from '../protocol/host-load.js';
import {identityIdSchema} from '../protocol/identity.js';
import {freeResourcesSchema} from '../protocol/resources.js';

/** What somebody or something told when it was asked, or why it did not. */
export type Answer<Value> = {isThere: true; value: Value} | {isThere: false; code: string; reason: string};

const percentSchema = z.looseObject({cpu: z.number(), memory: z.number(), storage: z.number()});

/** What of a provider's status matters for its work. */
const providerFiguresSchema = z.looseObject({
	provider_id: identityIdSchema,
	public_ip: z.string().nullable(),
	public_ip_source: z.string(),
	images: z.array(z.string()),
	offered: z.boolean(),
	not_offered_because: z.array(z.string()),
	advertising: z.array(
		z.looseObject({url: z.string(), advertised_at: z.string().nullable(), error: z.string().nullable()}),
	),
	/** What it would say now; a version before this field does not tell. */
	advertisement: advertisementBodySchema.nullable().optional(),
	load: z.looseObject({
		percent: percentSchema.nullable(),
		thresholds: percentSchema,
		over: z.array(loadKindSchema),
	}),
});
export type ProviderFigures = z.infer<typeof providerFiguresSchema>;

const providerResourcesSchema = z.looseObject({
	total: freeResourcesSchema,
	available: freeResourcesSchema,
	minimum: freeResourcesSchema,
});
export type ProviderResources = z.infer<typeof providerResourcesSchema>;

/** What runs VMs. */
export type DriverFacts = {
	/** Each program that a VM needs, with its version. */
	programs: ReadonlyArray<{program: string; version: Answer<string>}>;
	accelerator: Accelerator;
};

/** What VMs are started from. */
export type ImageFacts = {
	name: string;
	/** Where it is on disk; undefined where it is not. */
	folder: Answer<string | undefined>;
	/** What the provider says it can start; undefined while it does not say. */
	known: readonly string[] | undefined;
};

/** A server, and whether it is well. */
export type ServerAnswer = {url: string; answer: Answer<SignOfLife>};

/** What one discovery server says of this provider. */
export type Sighting = {url: string; advertisement: Answer<Advertisement>};

const programTimeoutMs = 5000;
const controlTimeoutMs = 5000;

/** Waits for an answer; that there is none is one too. */
export async function answerOf<Value>(promise: Promise<Value>): Promise<Answer<Value>> {
	try {
		return {isThere: true, value: await promise};
	} catch (error) {
		return {isThere: false, ...describeFailure(error)};
	}
}

export function describeFailure(error: unknown): {code: string; reason: string} {
	if (error instanceof GolemError) {
		return {code: error.code, reason: error.message.replace(/\.$/, '')};
	}

	return error instanceof Error && error.name === 'TimeoutError'
		? {code: 'DEADLINE', reason: 'no answer in the time there was'}
		: {code: 'FAILED', reason: error instanceof Error ? error.message : String(error)};
}

/** @throws BAD_ANSWER where the provider is of a version that says it in other words */
export function readFigures(status: DaemonStatus): ProviderFigures {
	const parsed = providerFiguresSchema.safeParse(status);
	if (!parsed.success) {
		throw new GolemError(
			'BAD_ANSWER',
			`What the provider (version ${status.version}) says makes no sense here.`,
			{
				cause: parsed.error,
			},
		);
	}

	return parsed.data;
}

export async function askResources(paths: Paths, signal: AbortSignal): Promise<ProviderResources> {
	const client = createHttpClient({
		target: {socket: paths.daemonSocket('provider')},
		name: 'the provider',
	});
	return client.send('GET', '/v1/resources', providerResourcesSchema, {signal, timeoutMs: controlTimeoutMs});
}

/** Runs what runs VMs, and asks it for its version. @param qemuBinary empty for the one on the PATH */
export async function lookAtDriver(qemuBinary: string): Promise<DriverFacts> {
	const programs = [qemuBinary || qemuProgram, 'qemu-img'];
	const [accelerator, ...versions] = await Promise.all([
		findAccelerator(),
		...programs.map(program => answerOf(askVersion(program))),
	]);
	return {
		accelerator,
		programs: versions.map((version, index) => ({program: programs[index] ?? '', version})),
	};
}

async function askVersion(program: string): Promise<string> {
	try {
		const text = await runProgram(program, ['--version'], {timeoutMs: programTimeoutMs});
		return /\bversion (\S+)/.exec(text)?.[1] ?? '';
	} catch (error) {
		throw new GolemError(
			'DRIVER_MISSING',
			isErrno(error, 'ENOENT') ? 'it was not found' : `it does not run (${firstLine(error)})`,
			{cause: error},
		);
	}
}

function firstLine(error: unknown): string {
	return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

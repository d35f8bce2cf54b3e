import {readFile} from 'node:fs/promises';
import {text as readText} from 'node:stream/consumers';
import * as z from 'zod';
import {errorOf, isStream, printAnswer, printStream, readWhole} from '../command-line/api-answer.js';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {isErrno} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {daemonNames} from '../platform/paths.js';
import type {ApiTarget} from '../requestor/api-target.js';
import {withRequestor} from '../requestor/requestor.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

const targets = z.object({
	provider: z.string().optional().describe('Its id, URL or name, or the name of a VM of yours that it runs'),
	discovery: z.string().optional().describe('URL of a discovery server'),
	daemon: z.enum(daemonNames).optional().describe('One of this machine, over its control socket'),
});

const definition = command({
	description: 'Send any request, signed as yours: to a provider, a discovery server or a daemon here',
	args: z.tuple([
		z.enum(methods).describe('METHOD'),
		z
			.string()
			.regex(/^\/[!-~]*$/, 'must begin with / and be a path as it is sent, with %20 for a blank')
			.describe('PATH'),
	]),
	options: targets.extend({
		data: z.string().optional().describe('JSON to send; @FILE reads it from there, @- from the input'),
		include: z.boolean().optional().describe('Show status and headers too'),
		timeout: z.number().min(1).max(3600).default(200).describe('Seconds to wait for an answer'),
	}),
	documents: [],
	examples: [
		'golem api GET /api/v1/vms --provider my-vm',
		'golem api POST /api/v1/vms/my-vm/stop --provider 0x2c7536e3605d9c16a7a3d7b1898e529396a65c23 --include',
		'golem api GET /v1/status --daemon provider',
	],
	async run(context, {args: [method, path], options}) {
		const {isJson, isQuiet, signal} = context;
		const [body, target] = await Promise.all([readData(options.data), findTarget(context, options)]);
		const {sendRaw} = await import('../client/raw-request.js');
		const answer = await sendRaw({
			...target,
			method,
			path,
			body,
			headers: target.sign({method, path, body}),
			timeoutMs: options.timeout * 1000,
			isEndless: begun => begun.status < 400 && isStream(begun),
			signal,
		});
		if (answer.status < 400 && isStream(answer)) {
			await printStream(answer, target.name, context);
			return exitCodes.done;
		}

		const whole = await readWhole(answer, target.name);
		const error = errorOf(whole, target.name);
		if (!(error && isJson) && !isQuiet) {
			printAnswer(whole, context, {head: options.include ?? false});
		}

		if (error) {
			throw error;
		}

		return exitCodes.done;
	},
});

/** Exactly one of three. */
async function findTarget(
	context: Context,
	{provider, discovery, daemon}: z.output<typeof targets>,
): Promise<ApiTarget & {hint?: string}> {
	const {paths, signal} = context;
	if ([provider, discovery, daemon].filter(choice => choice !== undefined).length !== 1) {
		throw new GolemError(
			'USAGE',
			'Say where the request goes: one of --provider, --discovery and --daemon.',
			{
				exitCode: exitCodes.usage,
				hint: 'See: golem api --help',
			},
		);
	}

	if (daemon !== undefined) {
		return {
			target: {socket: paths.daemonSocket(daemon)},
			name: `the ${daemon}`,
			hint: `Start it with: golem ${daemon} --detach`,
			sign: () => ({}),
		};
	}

	return withRequestor(context, async requestor => {
		const {discoveryTarget, providerTarget} = await import('../requestor/api-target.js');
		return provider === undefined
			? discoveryTarget(discovery ?? '', await requestor.identity())
			: providerTarget(requestor, provider, signal);
	});
}

/** @throws USAGE where it is no JSON */
async function readData(data: string | undefined): Promise<string> {
	if (data === undefined) {
		return '';
	}

	const text =
		data === '@-'
			? await readText(process.stdin)
			: data.startsWith('@')
				? await readDataFile(data.slice(1))
				: data;
	try {
		JSON.parse(text);
	} catch (error) {
		throw new GolemError(
			'USAGE',
			`--data: ${data} is no JSON: ${error instanceof Error ? error.message : error}`,
			{
				exitCode: exitCodes.usage,
				hint: `For instance: --data '{"name": "my-vm"}', or --data @file.json`,
			},
		);
	}

	return text;
}

async function readDataFile(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		throw isErrno(error, 'ENOENT')
			? new GolemError('USAGE', `--data: there is no file ${file}.`, {exitCode: exitCodes.usage})
			: error;
	}
}

export const {description, args, options} = definition;
export default definition;

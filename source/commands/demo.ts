import * as z from 'zod';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {createDemoNetwork, type DemoNetwork} from '../demo/demo-network.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {readSettingSources} from '../platform/settings.js';
import {pollUntil} from '../platform/waiting.js';
import {vmSizes} from '../protocol/resources.js';
import {findAccess} from '../requestor/access.js';
import {rentVm} from '../requestor/rent.js';
import {createRequestor, type Requestor} from '../requestor/requestor.js';
import {connectBySsh, runBySsh, type SshTarget} from '../requestor/ssh.js';
import {findImage} from '../setup/image.js';

const vmName = 'demo';
const rentTimeoutMs = 240_000;
const shellTimeoutMs = 30_000;

const definition = command({
	description: 'Start a whole network on this machine and rent a VM in it',
	args: z.tuple([]),
	options: z.object({
		stop: z.boolean().optional().describe('End a demo that was kept running'),
	}),
	documents: ['demo'],
	examples: ['golem demo', 'golem demo --json', 'golem demo --stop'],
	isLive: true,
	async run(context, {options: {stop}}) {
		const network = createDemoNetwork(context.paths);
		if (stop) {
			context.progress({step: 'stop', message: 'Stopping the demo'});
			await network.tearDown();
			context.result({stopped: true}, () => 'The demo is gone.');
			return exitCodes.done;
		}

		await requireImage(context);
		if (await network.isRunning()) {
			if (context.mayAsk) {
				return terminal => offer(terminal, network, {ifInterrupted: 'keep'});
			}

			throw new GolemError('DEMO_RUNNING', 'A demo is running already, and this one would take its place.', {
				exitCode: exitCodes.conflict,
				hint: 'End it first with: golem demo --stop',
			});
		}

		// What an earlier one left behind when it was killed.
		await network.tearDown();
		try {
			return await light(context, network);
		} catch (error) {
			await network.tearDown();
			throw error;
		}
	},
});

/** From nothing to a shell that answers. Without a terminal to offer it in, all of it is taken down again. */
async function light(context: Context, network: DemoNetwork) {
	const {signal} = context;
	const stages = createStageClock();
	const onStep = (step: string, message: string) => {
		stages.enter(step);
		context.progress({step, message});
	};
	await network.start(onStep, signal);
	const requestor = await demoRequestor(network);
	try {
		const {rental, vm} = await rentVm(requestor, {
			name: vmName,
			resources: vmSizes.small,
			timeoutMs: rentTimeoutMs,
			onProgress: ({step, message}) => onStep(step, message),
			signal,
		});
		onStep('shell', 'Trying its shell');
		const target = await demoTarget(requestor);
		const uname = await runUntilAnswered(target, ['uname', '-a'], signal);
		const nproc = await runUntilAnswered(target, ['nproc'], signal);
		const info = await (await requestor.providerOf(rental)).info(signal);
		if (context.mayAsk) {
			stages.end();
			context.result(null, () => `\n${vmName} runs: ${systemIn(uname)}`);
			return (terminal: Context) => offer(terminal, network, {ifInterrupted: 'stop'});
		}

		onStep('teardown', 'Taking all of it down again');
		await requestor.close();
		await network.tearDown();
		stages.end();
		context.result(
			{
				ok: true,
				stages: stages.list(),
				ssh: {'uname -a': uname, nproc},
				accelerator: info.accelerator ?? null,
				image: vm?.image ?? null,
				vm: vm ?? null,
			},
			() => `${vmName} answered by SSH: ${uname}`,
		);
		return exitCodes.done;
	} finally {
		await requestor.close();
	}
}

/** The menu around a running demo. Ctrl-C or Ctrl-D takes down what this run has started, and leaves what was kept before. */
async function offer(
	context: Context,
	network: DemoNetwork,
	{ifInterrupted}: {ifInterrupted: 'keep' | 'stop'},
): Promise<number> {
	for (;;) {
		const answer = await context
			.choose(`A VM is running on this machine, rented over its own network.`, [
				{value: 'shell', label: 'Open a shell in it'},
				{value: 'keep', label: 'Keep it running and go'},
				{value: 'stop', label: 'Stop all of it'},
			])
			.catch(() => undefined);
		const choice = answer ?? ifInterrupted;
		if (choice === 'shell') {
			const requestor = await demoRequestor(network);
			const target = await demoTarget(requestor).finally(() => requestor.close());
			await connectBySsh(target, []);
		} else if (choice === 'keep') {
			context.note(
				`Use it with: GOLEM_HOME=${network.paths.home} golem vm ssh ${vmName}\nEnd it with: golem demo --stop`,
			);
			return exitCodes.done;
		} else {
			context.note('Stopping…');
			await network.tearDown();
			context.note('All of it is gone.');
			return exitCodes.done;
		}
	}
}

/** System and release of a `uname -a`, all of which is too long for a line. */
function systemIn(uname: string): string {
	const [system, _host, release] = uname.split(' ');
	return [system, release].join(' ');
}

async function requireImage({paths}: Context): Promise<void> {
	if ((await findImage('micro', paths.images)) === undefined) {
		throw new GolemError('IMAGE_MISSING', 'There is no guest image on this machine yet.', {
			hint: 'Get ready with: golem setup',
		});
	}
}

async function demoRequestor({paths}: DemoNetwork): Promise<Requestor> {
	// Only the demo's own config: neither the user's environment nor a `.env` leads it to another network.
	const sources = await readSettingSources({cwd: paths.home, config: paths.config}, {});
	return createRequestor(paths, sources);
}

async function demoTarget(requestor: Requestor): Promise<SshTarget> {
	const rental = await requestor.rental(vmName);
	const [access, {privateKeyFile}] = await Promise.all([findAccess(requestor, rental), requestor.sshKey()]);
	return {name: vmName, access, privateKeyFile, folder: requestor.sshFolder};
}

async function runUntilAnswered(target: SshTarget, words: string[], signal: AbortSignal): Promise<string> {
	let lastWords = '';
	const answer = await pollUntil(
		async () => {
			const {stdout, stderr, exitCode} = await runBySsh(target, words, {timeoutMs: shellTimeoutMs, signal});
			lastWords = stderr;
			return exitCode === 0 ? stdout.trim() : undefined;
		},
		{timeoutMs: shellTimeoutMs, intervalMs: 250, signal},
	);
	if (answer === undefined) {
		throw new GolemError('SHELL_SILENT', `The VM runs, but its shell did not answer: ${lastWords}`);
	}

	return answer;
}

/** How long each stage took. */
function createStageClock() {
	const finished: Array<{name: string; ms: number}> = [];
	let current: {name: string; startedAt: number} | undefined;
	const end = () => {
		if (current) {
			finished.push({name: current.name, ms: Math.round(performance.now() - current.startedAt)});
			current = undefined;
		}
	};
	return {
		enter(name: string) {
			if (current?.name !== name) {
				end();
				current = {name, startedAt: performance.now()};
			}
		},
		end,
		list: () => finished,
	};
}

export const {description, args, options} = definition;
export default definition;

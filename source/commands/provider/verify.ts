import * as z from 'zod';
import {command} from '../../command-line/command.js';
import type {Context} from '../../command-line/context.js';
import {controlOf, findDaemon} from '../../daemon-control/daemon-control.js';
import {describeOtherVersion} from '../../daemon-control/other-version.js';
import {verifyAndFollow} from '../../hosting/follow-provider.js';
import {createNarrator} from '../../hosting/ports-lines.js';
import {issueLines, isUsable, readiness, resultLine} from '../../hosting/ports-text.js';
import {readProviderStatus} from '../../hosting/provider-status.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {printable} from '../../platform/printable.js';
import type {DaemonStatus, PortsReport} from '../../protocol/control.js';

const definition = command({
	description: 'Have port checkers try the ports again: which of them can be reached?',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['ports'],
	examples: ['golem provider verify', 'golem provider verify --json', 'golem provider verify --quiet'],
	async run(context) {
		const status = readProviderStatus(await requireProvider(context));
		const {paths, signal, progress} = context;
		const narrate = createNarrator();
		const report = await verifyAndFollow(controlOf('provider', paths), {
			onReport(news) {
				// The end is the result, which is told as such.
				const {verification, public_ip} = news;
				const lines =
					verification.phase === 'done' ? [] : narrate({report: news, status: {...status, public_ip}});
				for (const message of lines) {
					progress({step: 'verify', message});
				}
			},
			signal,
		});
		return tell(context, report);
	},
	async draw(context) {
		await requireProvider(context);
		const {verifyOnTerminal} = await import('../../hosting/live-screen.js');
		return tell(context, await verifyOnTerminal(context));
	},
});

async function requireProvider({paths, note}: Context): Promise<DaemonStatus> {
	const status = await findDaemon('provider', paths);
	if (!status) {
		throw new GolemError('NOT_RUNNING', 'The provider is not running, so nothing of it can be verified.', {
			exitCode: exitCodes.notReachable,
			hint: 'Start it with: golem provider --detach',
		});
	}

	const other = describeOtherVersion('provider', status);
	if (other !== undefined) {
		note(other);
	}

	return status;
}

function tell({result}: Context, report: PortsReport): number {
	const {issues, ports} = report;
	result(
		report,
		() =>
			[resultLine(report), readiness(report).text, ...issues.flatMap(issueLines)].map(printable).join('\n'),
		() => ports.filter(({state}) => state === 'verified').map(({port}) => String(port)),
	);
	return isUsable(report) ? exitCodes.done : exitCodes.failed;
}

export const {description, args, options} = definition;
export default definition;

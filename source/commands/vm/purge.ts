import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {mustConfirm} from '../../command-line/confirmation.js';
import {type ExitCode, exitCodes, GolemError} from '../../platform/golem-error.js';
import {endRental} from '../../requestor/destroy.js';
import type {Rental} from '../../requestor/rentals.js';
import {type Requestor, withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Give all your VMs back: they are turned off and their disks deleted',
	args: z.tuple([]),
	options: z.object({
		force: z.boolean().optional().describe('Forget those whose provider cannot be asked to end them'),
	}),
	documents: ['vm-purged'],
	examples: ['golem vm purge', 'golem vm purge --yes --json'],
	async run(context, {options}) {
		const {note, result, progress, signal} = context;
		return withRequestor(context, async requestor => {
			const rentals = (await (await requestor.rentals()).entries()).map(([, rental]) => rental);
			if (rentals.length === 0) {
				result([], () => 'You have no VMs.');
				return exitCodes.done;
			}

			const names = rentals.map(({name}) => name);
			const isSure = await mustConfirm(context, {
				question: `Destroy ${names.length === 1 ? 'your VM' : `all ${names.length} VMs`} (${names.join(', ')})? What is on their disks is deleted for good.`,
				no: 'No, keep them',
				yes: 'Yes, destroy them all',
				command: `golem vm purge${options.force ? ' --force' : ''}`,
			});
			if (!isSure) {
				note('All of them were kept.');
				return exitCodes.failed;
			}

			progress({step: 'destroy', message: `Destroying ${names.join(', ')}`});
			const ends = await Promise.all(
				rentals.map(rental => end(requestor, rental, {isForced: options.force ?? false, signal})),
			);
			if (signal.aborted) {
				throw interruption(ends);
			}

			result(
				ends.map(({exitCode: _, ...told}) => told),
				() => ends.map(describeEnd).join('\n'),
				() => ends.flatMap(({name, status}) => (status === 'kept' ? [] : [name])),
			);
			return ends.find(({status}) => status === 'kept')?.exitCode ?? exitCodes.done;
		});
	},
});

type End = {
	name: string;
	id: string | null;
	provider_id: string;
	status: 'deleted' | 'forgotten' | 'kept';
	/** Why it was not destroyed. */
	reason: {code: string; message: string} | null;
	exitCode: ExitCode;
};

async function end(
	requestor: Requestor,
	rental: Rental,
	options: {isForced: boolean; signal: AbortSignal},
): Promise<End> {
	const known = {name: rental.name, id: rental.vm_id, provider_id: rental.provider.id};
	try {
		const ending = await endRental(requestor, rental, options);
		return {
			...known,
			status: ending.status,
			reason: ending.status === 'deleted' ? null : reasonOf(ending.reason),
			exitCode: exitCodes.done,
		};
	} catch (error) {
		// One that cannot be ended must not keep the others.
		const exitCode = error instanceof GolemError ? error.exitCode : exitCodes.failed;
		return {...known, status: 'kept', reason: reasonOf(error), exitCode};
	}
}

function reasonOf(error: unknown): {code: string; message: string} {
	return {
		code: error instanceof GolemError ? error.code : 'INTERNAL',
		message: error instanceof Error ? error.message : String(error),
	};
}

function describeEnd({name, status, reason}: End): string {
	const texts: Record<End['status'], string> = {
		deleted: `${name} is destroyed.`,
		forgotten: `${name} is forgotten here. ${reason?.message} If it still runs there, nobody here can end it.`,
		kept: `${name} was kept. ${reason?.message} Try again later, or forget it with: golem vm destroy ${name} --force`,
	};
	return texts[status];
}

function interruption(ends: readonly End[]): GolemError {
	const of = (isKept: boolean) =>
		ends
			.filter(({status}) => (status === 'kept') === isKept)
			.map(({name}) => name)
			.join(', ') || 'none';
	return new GolemError(
		'INTERRUPTED',
		`Interrupted. Destroyed: ${of(false)}. Still yours, as far as is known: ${of(true)}.`,
		{exitCode: exitCodes.interrupted, hint: 'Go on with: golem vm purge'},
	);
}

export const {description, args, options} = definition;
export default definition;

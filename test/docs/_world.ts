import path from 'node:path';
import {type DashboardWorld, startDashboardWorld} from '../support/dashboard-world.js';
import {type Finished, runGolem} from '../support/golem.js';
import {provideImages} from '../support/images.js';
import {makePrograms, type Programs} from './_programs.js';

/** Somebody who hosts and rents in a network of their own, and the programs that the documents name. */
export type World = DashboardWorld & {
	programs: Programs;
	/** `golem` in that home, without a terminal. One that fails fails the test. */
	golem(...args: string[]): Promise<Finished>;
	/** Has the provider run, or not. */
	providerRuns(runs: boolean): Promise<void>;
	/** A home of somebody who has the guest image and nothing else yet. */
	newHome(name: string): Promise<string>;
};

/** A VM that runs from the first block to the last. */
export const rentedVm = 'web';

export async function startWorld(): Promise<World> {
	const [network, programs] = await Promise.all([startDashboardWorld(), makePrograms()]);
	const {home, environment, provider} = network;
	const golem = async (...args: string[]) => {
		const finished = await runGolem(args, {home, environment});
		if (finished.exitCode !== 0) {
			throw new Error(`golem ${args.join(' ')}: ${finished.stdout}${finished.stderr}`);
		}

		return finished;
	};
	return {
		...network,
		programs,
		golem,
		async providerRuns(runs) {
			const isRunning = await provider.control.status().then(
				() => true,
				() => false,
			);
			if (runs && !isRunning) {
				await provider.run();
			} else if (!runs && isRunning) {
				await golem('provider', 'stop');
			}
		},
		async newHome(name) {
			const folder = path.join(network.folder, name);
			await provideImages(folder);
			return folder;
		},
		async tearDown() {
			await network.tearDown();
			await programs.remove();
		},
	};
}

import {createDemoNetwork} from '../../demo/demo-network.js';
import {findImage} from '../../setup/image.js';
import {carryOut, type Runtime, tell} from '../runtime.js';
import type {Actions} from './action.js';
import {oneAtATime} from './one-at-a-time.js';

/** A whole network on this machine, and the dashboard over it. */
export const demoActions: Actions = {
	demo: {
		command: ({isDemo}) => (isDemo ? 'golem demo --stop' : 'golem demo'),
		// One beside the other would take down what that has just begun.
		run: runtime =>
			runtime.isDemo
				? oneAtATime(runtime, 'The demo is being stopped already.', () => endDemo(runtime))
				: oneAtATime(runtime, 'A network is being started already.', () => startDemo(runtime)),
	},
};

async function startDemo(runtime: Runtime): Promise<void> {
	const {paths, signal} = runtime;
	if ((await findImage('micro', paths.images)) === undefined) {
		tell(runtime, 'There is no guest image on this machine yet. Get ready with: golem setup', 'error');
		return;
	}

	const network = createDemoNetwork(paths);
	const isUp = await carryOut(
		runtime,
		{title: 'Starting a network on this machine', command: 'golem demo'},
		async ({step}) => {
			if (!(await network.isRunning())) {
				// What an earlier one left behind when it was killed.
				await network.tearDown();
				await network
					.start((_, message) => step(message), signal)
					.catch(async (error: unknown) => {
						await network.tearDown();
						throw error;
					});
			}

			return 'The demo network is up.';
		},
	);
	if (isUp) {
		runtime.switchTo({paths: network.paths, isDemo: true});
	}
}

async function endDemo(runtime: Runtime): Promise<void> {
	const {userPaths} = runtime;
	const isGone = await carryOut(
		runtime,
		{title: 'Stopping the demo', command: 'golem demo --stop'},
		async ({step}) => {
			step('Ending its daemons and VMs');
			await createDemoNetwork(userPaths).tearDown();
			return 'The demo is gone.';
		},
	);
	if (isGone) {
		runtime.switchTo({paths: userPaths, isDemo: false});
	}
}

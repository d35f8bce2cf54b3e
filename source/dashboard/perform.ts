import {actionOf} from './actions/all-actions.js';
import type {ActionId} from './bindings.js';
import {navigate} from './navigation.js';
import {messageOf, type Runtime, tell} from './runtime.js';

/** Carries out an action, or says why it cannot be done now. */
export function perform(runtime: Runtime, id: ActionId): void {
	if (navigate(runtime, id)) {
		return;
	}

	const action = actionOf(id);
	const reason = action?.unavailable?.(runtime);
	if (!action || reason !== undefined) {
		tell(runtime, reason ?? 'That cannot be done here.', 'error');
		return;
	}

	const run = async () => action.run(runtime);
	run().catch((error: unknown) => tell(runtime, messageOf(error), 'error'));
}

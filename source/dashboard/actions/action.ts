import type {ActionId} from '../bindings.js';
import type {Runtime} from '../runtime.js';

/** What a key or the palette sets off. */
export type Action = {
	/** Why it cannot be done now, for people; undefined where it can. */
	unavailable?(runtime: Runtime): string | undefined;
	/** The command that would do the same. */
	command?(runtime: Runtime): string | undefined;
	run(runtime: Runtime): void | Promise<void>;
};

export type Actions = Partial<Record<ActionId, Action>>;

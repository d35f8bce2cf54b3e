import type {ActionId} from '../bindings.js';
import type {Action} from './action.js';
import {createVmActions} from './create-vm.js';
import {daemonActions} from './daemon-actions.js';
import {demoActions} from './demo-actions.js';
import {generalActions} from './general-actions.js';
import {vmActions} from './vm-actions.js';

const actions: Readonly<Partial<Record<ActionId, Action>>> = {
	...generalActions,
	...vmActions,
	...createVmActions,
	...daemonActions,
	...demoActions,
};

/** Undefined for keys that move something: they need no name in the palette. */
export function actionOf(id: ActionId): Action | undefined {
	return actions[id];
}

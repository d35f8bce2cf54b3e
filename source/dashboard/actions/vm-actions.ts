import {emptyTextField} from '../../components/text-field-state.js';
import {quoteForShell} from '../../platform/shell.js';
import {findAccess} from '../../requestor/access.js';
import {destroyRental} from '../../requestor/destroy.js';
import {switchPower} from '../../requestor/power.js';
import {connectBySsh} from '../../requestor/ssh.js';
import {noted, type VmView, withVm} from '../picture.js';
import {carryOut, messageOf, type Runtime, selectedVm, show, tell} from '../runtime.js';
import {topView, vmInView} from '../ui-state.js';
import type {Action, Actions} from './action.js';
import {createInView, isBeingCreated} from './create-vm.js';
import {oneAtATime} from './one-at-a-time.js';

function noVm({ui, picture, keymap}: Runtime): string {
	const name = vmInView(ui.get());
	if (name !== undefined) {
		return topView(ui.get())?.kind === 'vm' ? `${name} is not rented any more.` : `${name} is not rented.`;
	}

	return picture.get().vms.size > 0
		? 'No VM is selected.'
		: `There is no VM yet; ${keymap.keysOf('vm.create')[0]} creates one.`;
}

/** An action on the VM that is looked at. */
function onVm({
	verb,
	refuse = () => undefined,
	run,
}: {
	/** The word after `golem vm`. */
	verb: string | ((vm: VmView) => string);
	/** Why not, where it cannot be done with this one. */
	refuse?: (vm: VmView, runtime: Runtime) => string | undefined;
	run: (runtime: Runtime, vm: VmView, command: string) => void | Promise<void>;
}): Action {
	const command = (vm: VmView) =>
		`golem vm ${typeof verb === 'string' ? verb : verb(vm)} ${quoteForShell([vm.name])}`;
	return {
		unavailable(runtime) {
			const vm = selectedVm(runtime);
			return vm ? refuse(vm, runtime) : noVm(runtime);
		},
		command(runtime) {
			const vm = selectedVm(runtime);
			return vm && command(vm);
		},
		run(runtime) {
			const vm = selectedVm(runtime);
			return vm && run(runtime, vm, command(vm));
		},
	};
}

export const vmActions: Actions = {
	'vm.ssh': onVm({
		verb: 'ssh',
		refuse({name, status, isLive, rental}, {keymap}) {
			if (isLive && ['stopped', 'stopping'].includes(status)) {
				return `${name} is ${status}; ${keymap.keysOf('vm.start')[0]} starts it.`;
			}

			return rental.access || status === 'running'
				? undefined
				: `${name} is ${status}; there is no way in yet.`;
		},
		run: (runtime, vm, command) =>
			oneAtATime(runtime, 'A shell is being opened already.', () => openShell(runtime, vm, command)),
	}),
	'vm.start': onVm({
		// One whose creation was cut short is created to its end.
		verb: ({status}) => (status === 'unconfirmed' ? 'create' : 'start'),
		refuse({name, status}, runtime) {
			if (isBeingCreated(runtime, name)) {
				return `${name} is being created already.`;
			}

			return ['stopped', 'error', 'unconfirmed'].includes(status)
				? undefined
				: `${name} is ${status}; only a stopped VM can be started.`;
		},
		run: (runtime, vm, command) =>
			vm.status === 'unconfirmed'
				? createInView(runtime, command, {name: vm.name})
				: power(runtime, vm, command, 'start'),
	}),
	'vm.stop': onVm({
		verb: 'stop',
		refuse: ({name, status}) =>
			status === 'running' ? undefined : `${name} is ${status}; only a running VM can be stopped.`,
		run: (runtime, vm, command) => power(runtime, vm, command, 'stop'),
	}),
	'vm.destroy': onVm({verb: 'destroy', run: askToDestroy}),
	'vm.copy': onVm({
		verb: 'ssh',
		run(runtime, _vm, command) {
			runtime.terminal.copy(command);
			tell(runtime, `Copied: ${command}`);
		},
	}),
};

async function openShell(runtime: Runtime, vm: VmView, command: string): Promise<void> {
	const {requestor, signal} = runtime;
	try {
		const [access, {privateKeyFile}] = await Promise.all([
			findAccess(requestor, vm.rental, signal),
			requestor.sshKey(),
		]);
		const target = {name: vm.name, access, privateKeyFile, folder: requestor.sshFolder};
		const status = await runtime.terminal.handOver(async keysLost => {
			process.stdout.write(`${command}\n`);
			if (keysLost > 0) {
				process.stdout.write('(What you typed before this line has not gone into the VM.)\n');
			}

			return connectBySsh(target, []);
		});
		tell(
			runtime,
			`The shell in ${vm.name} has ended with status ${status}.`,
			status === 255 ? 'error' : 'info',
		);
	} catch (error) {
		tell(runtime, messageOf(error), 'error');
	}
}

async function power(
	runtime: Runtime,
	{name, rental}: VmView,
	command: string,
	verb: 'start' | 'stop',
): Promise<void> {
	const doing = verb === 'start' ? 'Starting' : 'Stopping';
	await carryOut(runtime, {title: `${doing} ${name}`, command, vm: name, isShown: false}, async ({step}) => {
		step(`${doing} ${name}`);
		runtime.picture.update(picture =>
			withVm(picture, name, vm => noted(vm, Date.now(), `${verb} asked for`)),
		);
		const vm = await switchPower(runtime.requestor, rental, verb, runtime.signal);
		return `${name} is ${vm.status}.`;
	});
}

/** The default is no; of a VM that runs the name must be typed. */
function askToDestroy(runtime: Runtime, {name, status, rental}: VmView, command: string): void {
	show(runtime, {
		kind: 'question',
		question: `Destroy ${name}? What is on its disk is lost.`,
		command: `${command} --yes`,
		mustType: status === 'running' ? name : undefined,
		typed: emptyTextField,
		answer: () =>
			void carryOut(
				runtime,
				{title: `Destroying ${name}`, command: `${command} --yes`, isShown: false},
				async ({step}) => {
					step(`Destroying ${name}`);
					await destroyRental(runtime.requestor, rental, runtime.signal);
					return `${name} is destroyed.`;
				},
			),
	});
}

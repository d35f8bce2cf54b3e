import {reduceTextField, type TextFieldAction, textField} from '../../components/text-field-state.js';
import {quoteForShell} from '../../platform/shell.js';
import {vmSizeSchema, vmSizes} from '../../protocol/resources.js';
import {shortId} from '../../protocol/short-id.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {mustListen} from '../../requestor/reachability.js';
import {type RentOptions, rentVm} from '../../requestor/rent.js';
import {sizeText} from '../columns.js';
import {carryOut, type Runtime, selectedProvider, show} from '../runtime.js';
import {type FormField, type FormView, topView, vmInView, withoutTopView, withTopView} from '../ui-state.js';
import type {Actions} from './action.js';

const anyProvider = '';
const defaultImage = '';
const timeoutMs = 300_000;

/** The form for a new VM, with what most people want filled in. */
export const createVmActions: Actions = {
	'vm.create': {
		unavailable({picture}) {
			const {servers, providers} = picture.get().directory;
			if (providers.size > 0) {
				return undefined;
			}

			const failed = servers.find(({state}) => state === 'failed');
			return failed
				? `No provider is known: ${failed.url} does not answer.`
				: 'No provider offers anything just now; d shows how it works on this machine.';
		},
		command: () => 'golem vm create NAME',
		run: runtime => show(runtime, newForm(runtime)),
	},
};

function newForm(runtime: Runtime): FormView {
	const {picture, ui} = runtime;
	const {directory, vms} = picture.get();
	const providers = [...directory.providers.values()].filter(({isGenuine}) => isGenuine !== false);
	const isMeant = ui.get().focus === 'providers' || topView(ui.get())?.kind === 'provider';
	const meant = isMeant ? selectedProvider(runtime)?.advertisement.provider_id : undefined;
	const providerChoices = [
		{value: anyProvider, label: 'whoever fits best'},
		...providers.map(({advertisement: {provider_id, name}}) => ({
			value: provider_id,
			label: `${name ?? 'a provider'} (${shortId(provider_id)})`,
		})),
	];
	const images = [...new Set(providers.flatMap(({advertisement}) => advertisement.images ?? []))].sort();
	return {
		kind: 'form',
		focus: 0,
		error: undefined,
		fields: [
			{
				id: 'name',
				label: 'Name',
				kind: 'text',
				field: textField(freeName(new Set(vms.keys()))),
				hint: '3 to 64 of a-z, 0-9 and hyphens',
			},
			{
				id: 'size',
				label: 'Size',
				kind: 'choice',
				choices: vmSizeSchema.options.map(size => ({
					value: size,
					label: `${size} (${sizeText(vmSizes[size])})`,
				})),
				chosen: 0,
				hint: 'cores, memory and disk',
			},
			{
				id: 'provider',
				label: 'Provider',
				kind: 'choice',
				choices: providerChoices,
				chosen: Math.max(
					0,
					providerChoices.findIndex(({value}) => value === meant),
				),
				hint: 'who runs it',
			},
			{
				id: 'image',
				label: 'Image',
				kind: 'choice',
				choices: [
					{value: defaultImage, label: 'the provider’s default'},
					...images.map(image => ({value: image, label: image})),
				],
				chosen: 0,
				hint: 'what runs in it',
			},
		],
	};
}

function freeName(taken: ReadonlySet<string>): string {
	for (let number = 1; ; number++) {
		const name = `vm-${number}`;
		if (!taken.has(name)) {
			return name;
		}
	}
}

/** What the form's fields say. */
export function wishesOf({fields}: FormView): Record<'name' | 'size' | 'provider' | 'image', string> {
	const chosenIn = (id: string) => {
		const field = fields.find(candidate => candidate.id === id);
		return field?.kind === 'text' ? field.field.text.trim() : (field?.choices[field.chosen]?.value ?? '');
	};
	return {
		name: chosenIn('name'),
		size: chosenIn('size'),
		provider: chosenIn('provider'),
		image: chosenIn('image'),
	};
}

/** The command that does what the form would. */
export function formCommand(form: FormView): string {
	const {name, size, provider, image} = wishesOf(form);
	// Strangers name their images as they like, and somebody may copy this into a shell.
	return quoteForShell([
		...['golem', 'vm', 'create', name || 'NAME'],
		...(size === 'small' ? [] : ['--size', size]),
		...(provider === anyProvider ? [] : ['--provider-id', provider]),
		...(image === defaultImage ? [] : ['--image', image]),
	]);
}

export function moveFocus(form: FormView, by: number): FormView {
	return {...form, focus: (form.focus + by + form.fields.length) % form.fields.length};
}

/** Types into the field that has the focus. */
export function editField(form: FormView, edit: TextFieldAction): FormView {
	return changeField(form, field =>
		field.kind === 'text' ? {...field, field: reduceTextField(field.field, edit)} : field,
	);
}

/** Goes to the next choice of the field that has the focus. */
export function turnChoice(form: FormView, by: number): FormView {
	return changeField(form, field =>
		field.kind === 'choice'
			? {...field, chosen: (field.chosen + by + field.choices.length) % field.choices.length}
			: field,
	);
}

function changeField(form: FormView, change: (field: FormField) => FormField): FormView {
	return {
		...form,
		error: undefined,
		fields: form.fields.map((field, index) => (index === form.focus ? change(field) : field)),
	};
}

/** Sends what the form says, or shows what is wrong with it. */
export function submitForm(runtime: Runtime, form: FormView): void {
	const {name, size, provider, image} = wishesOf(form);
	const fault = faultOf(runtime, name);
	if (fault !== undefined) {
		runtime.ui.update(ui => withTopView(ui, 'form', view => ({...view, focus: 0, error: fault})));
		return;
	}

	runtime.ui.update(withoutTopView);
	void createInView(runtime, formCommand(form), {
		name,
		resources: vmSizes[vmSizeSchema.parse(size)],
		image: image === defaultImage ? undefined : image,
		providerId: provider === anyProvider ? undefined : provider,
	});
}

/** Creates a VM, or goes on where its creation was cut short, in view. */
export async function createInView(
	runtime: Runtime,
	command: string,
	wishes: Pick<RentOptions, 'name' | 'resources' | 'image' | 'providerId'>,
): Promise<void> {
	const {requestor, signal, keymap} = runtime;
	const {name} = wishes;
	const isDone = await carryOut(runtime, {title: creationOf(name), command, vm: name}, async ({step}) => {
		await rentVm(requestor, {
			...wishes,
			timeoutMs,
			mustBeThere: mustListen,
			onProgress: ({message}) => step(message),
			signal,
		});
		return `${name} is ready; ${keymap.keysOf('vm.ssh')[0]} opens a shell in it.`;
	});
	const {ui, tables, picture} = runtime;
	// Who still looks at it goes on with it.
	if (isDone && vmInView(ui.get()) === name) {
		ui.update(state => tables.act(state, picture.get(), 'vms', {type: 'select', key: name}));
	}
}

const creationOf = (name: string) => `Creating ${name}`;

/** Is a VM of that name being created by this dashboard? A second call beside the first would only get in its way. */
export function isBeingCreated({ui}: Runtime, name: string): boolean {
	return ui.get().activities.some(({title, state}) => state === 'running' && title === creationOf(name));
}

function faultOf(runtime: Runtime, name: string): string | undefined {
	const {picture, keymap} = runtime;
	const parsed = vmNameSchema.safeParse(name);
	if (!parsed.success) {
		return `The name ${parsed.error.issues[0]?.message ?? 'is not a good one'}.`;
	}

	if (isBeingCreated(runtime, name)) {
		return `${name} is being created already.`;
	}

	const known = picture.get().vms.get(name);
	if (known?.status === 'unconfirmed') {
		return `The creation of ${name} was cut short; ${keymap.keysOf('vm.start')[0]} on it finishes it.`;
	}

	return known && `You have a VM named ${name} already.`;
}

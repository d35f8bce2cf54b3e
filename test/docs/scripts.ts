import test from 'ava';
import {readBlocks, scriptsOf} from './_blocks.js';
import {checkoutScripts} from './_checkout.js';
import {hostingScripts} from './_hosting.js';
import {rentingScripts} from './_renting.js';
import {runScript} from './_script.js';
import {serviceScripts} from './_services.js';
import {rentedVm, startWorld, type World} from './_world.js';

/*
Each script of the README and of the pages under docs is run as it is written there, in one world: a network of real
processes, a provider in it, and a VM. The tests run one after the other.
*/
const expected = [...rentingScripts, ...serviceScripts, ...hostingScripts, ...checkoutScripts];

const blocks = await readBlocks();
const written = scriptsOf(blocks);
let world: World;

test.before(async t => {
	t.timeout(180_000);
	world = await startWorld();
	for (const name of world.programs.standIns) {
		t.log(`There is no ${name} on this machine; a stand-in takes its place.`);
	}

	await world.golem('vm', 'create', rentedVm);
});

test.after.always(async () => {
	await world?.tearDown();
});

test.serial('every line of every script is known here, and none that is written nowhere', t => {
	const commandsOf = (statements: ReadonlyArray<{command: string}> = []) =>
		statements.map(({command}) => command);
	t.deepEqual(
		expected.map(({place}) => place).toSorted(),
		[...written.keys()].toSorted(),
		'the sections with scripts',
	);
	for (const {place, lines} of expected) {
		t.deepEqual(commandsOf(lines), commandsOf(written.get(place)), place);
	}
});

test.serial('nothing is a script that does not say so, and what is typed in an example is in a script', t => {
	const languages = new Set(blocks.map(({language}) => language));
	t.deepEqual([...languages].toSorted(), ['', 'console', 'json', 'sh', 'text']);
	const commands = [...written.values()].flat().map(({command}) => command);
	const typed = blocks
		.filter(({language}) => language !== 'json')
		.flatMap(({text}) => text.split('\n').flatMap(line => /^\$ (.+)$/.exec(line)?.[1] ?? []));
	t.true(typed.length > 0);
	t.deepEqual(
		typed.filter(line => !commands.includes(line)),
		[],
	);
});

for (const script of expected) {
	test.serial(`${script.place} runs as it is written`, async t => {
		t.timeout(180_000);
		await runScript(t, world, script, written.get(script.place) ?? []);
	});
}

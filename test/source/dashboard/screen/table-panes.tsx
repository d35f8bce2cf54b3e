import {EventEmitter} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {render} from 'ink';
import type {Picture} from '../../../../source/dashboard/picture.js';
import {App} from '../../../../source/dashboard/screen/app.js';
import {createTables} from '../../../../source/dashboard/tables.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {portsReport} from '../../hosting/_reports.js';
import {createStage, entry, rentInPicture, type Stage, withProviders} from '../_stand-ins.js';

/** Takes what Ink draws; each write is a whole screen. */
class Paper extends EventEmitter {
	readonly isTTY = true;
	readonly columns = 120;
	readonly rows = 40;
	frame = '';

	write(text: string): boolean {
		this.frame = text;
		return true;
	}
}

function draw(t: ExecutionContext, {runtime}: Stage): Paper {
	const paper = new Paper();
	const instance = render(<App runtime={runtime} historyOf={() => []} />, {
		stdout: paper as unknown as NodeJS.WriteStream,
		debug: true,
		patchConsole: false,
	});
	t.teardown(() => instance.unmount());
	return paper;
}

const says = (paper: Paper, text: string) =>
	eventually(`the screen says ${text}`, () => whenTrue(paper.frame.includes(text)));

/** One discovery server, which was heard of at that time. */
const withServer =
	(state: 'failed' | 'ok', at: number) =>
	(picture: Picture): Picture => {
		const {directory} = withProviders(picture, [entry(1)]);
		const server = {url: 'http://discovery.test', state, at, error: undefined, total: 1};
		return {...picture, directory: {...directory, servers: [server]}};
	};

test('VMs follow a filter and an order while nothing is heard of them', async t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running', db: 'stopped'});
	const paper = draw(t, stage);
	await says(paper, 'VMs 2');
	const lineOf = (name: string) => paper.frame.split('\n').findIndex(line => line.includes(` ${name} `));
	t.true(lineOf('web') < lineOf('db'));
	const change = (action: Parameters<Stage['runtime']['tables']['act']>[3]) =>
		stage.ui.update(ui => stage.runtime.tables.act(ui, stage.picture.get(), 'vms', action));
	change({type: 'sort', column: 'name'});
	await eventually('they are in their new order', () => whenTrue(lineOf('db') < lineOf('web')));
	change({type: 'filter', text: 'web'});
	await says(paper, 'VMs 1/2');
	t.is(lineOf('db'), -1);
	t.true(lineOf('web') > 0);
});

test('which port is selected is told in words, not by its look alone', async t => {
	const stage = createStage(t);
	stage.picture.update(picture => ({...picture, ports: portsReport()}));
	const paper = draw(t, stage);
	stage.type('3');
	await says(paper, '› API 7466');
	stage.type('l');
	await says(paper, '› 50800: verified');
	stage.type('1');
	await eventually('nothing is selected there', () => whenTrue(!paper.frame.includes('› 50800')));
	t.true(paper.frame.includes('50800'));
});

test('how old the providers are counts on while no server answers', async t => {
	const stage = createStage(t);
	const start = stage.ui.get().now;
	stage.picture.update(withServer('failed', start - 60_000));
	const paper = draw(t, stage);
	const ages = () => [...paper.frame.matchAll(/(?:as of|last heard) ([^)]+)\)/g)].map(([, age]) => age);
	await says(paper, 'as of');
	const [first] = ages();
	t.deepEqual(ages(), [first, first]);
	stage.ui.update(ui => ({...ui, now: start + 5000}));
	await eventually('both tell another age', () => whenTrue(ages().every(age => age !== first)));
	t.is(new Set(ages()).size, 1);
});

test('the time alone arranges no providers anew while a server answers', async t => {
	const tables = createTables();
	let arranged = 0;
	const stage = createStage(t, {
		tables: {
			...tables,
			providers(picture, ui) {
				arranged += 1;
				return tables.providers(picture, ui);
			},
		},
	});
	const start = stage.ui.get().now;
	stage.picture.update(withServer('ok', start));
	const paper = draw(t, stage);
	await says(paper, 'Providers 1');
	const before = arranged;
	stage.ui.update(ui => ({
		...ui,
		now: start + 5000,
		message: {text: 'drawn again', kind: 'info', at: start},
	}));
	await says(paper, 'drawn again');
	t.is(arranged, before);
});

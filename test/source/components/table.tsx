import {EventEmitter} from 'node:events';
import test from 'ava';
import chalk from 'chalk';
import fc from 'fast-check';
import {render, renderToString} from 'ink';
import {looksSame, Table} from '../../../source/components/table.js';
import {columnWidths, layoutTable} from '../../../source/components/table-layout.js';
import {emptyTable, type TableState} from '../../../source/components/table-state.js';
import {written} from './_emulator.js';
import {columns, type Vm, vms} from './_table.js';
import {hostileText} from './_texts.js';

function draw(width: number, change: Partial<TableState> = {}, isFocused = true, rows = vms): string {
	const state = {...emptyTable, selectedKey: '2', height: 3, ...change};
	return renderToString(
		<Table
			columns={columns}
			rows={rows}
			state={state}
			width={width}
			isFocused={isFocused}
			emptyText="no VMs"
		/>,
		{columns: width},
	);
}

/** Colours are as in a terminal with that many of them. */
function withColors<Result>(level: 0 | 3, run: () => Result): Result {
	const before = chalk.level;
	chalk.level = level;
	try {
		return run();
	} finally {
		chalk.level = before;
	}
}

test.serial('a table has a header, its rows, and a mark at the selected one', t => {
	const shown = withColors(0, () => draw(33));
	t.deepEqual(
		shown.split('\n').map(line => line.trimEnd()),
		[
			'  NAME           LOAD NOTE',
			'  web             4 % fine',
			'› 漢字の名前…    95 % two lines',
			'  base           50 % �[2Jgone',
		],
	);
});

test.serial('columns that matter least go first where it is narrow', t => {
	withColors(0, () => {
		t.deepEqual(draw(18).split('\n'), [
			'  NAME        LOAD',
			'  web          4 %',
			'› 漢字の名…   95 %',
			'  base        50 %',
		]);
		t.deepEqual(draw(9).split('\n'), ['  NAME', '  web', '› 漢字の…', '  base']);
		t.deepEqual(draw(4).split('\n'), ['  N…', '  w…', '› …', '  b…']);
	});
});

test.serial('the header says what is sorted by, and which way', t => {
	withColors(0, () => {
		const header = (sort: TableState['sort']) => draw(33, {sort}).split('\n')[0]?.trimEnd();
		t.is(header({column: 'name', isDescending: false}), '  NAME▲          LOAD NOTE');
		t.is(header({column: 'load', isDescending: true}), '  NAME          LOAD▼ NOTE');
	});
});

test.serial('only the rows in the window are drawn, and without rows it says so', t => {
	withColors(0, () => {
		t.deepEqual(draw(12, {top: 1, height: 1}).split('\n'), ['  NAME', '› 漢字の名…']);
		t.deepEqual(draw(12, {}, true, []).split('\n'), ['  NAME', '  no VMs', '', '']);
	});
});

test.serial('the selected row is inverted while the table has the focus, and cells have their colours', t => {
	withColors(3, () => {
		const [, , focused] = draw(33).split('\n');
		t.is(focused?.trimEnd(), '\u001B[7m› 漢字の名前…    95 % two lines  \u001B[27m');
		const [, , other] = draw(33, {}, false).split('\n');
		t.is(other?.trimEnd(), '\u001B[1m› 漢字の名前…  \u001B[31m  95 % \u001B[39mtwo lines  \u001B[22m');
		t.false(draw(33, {selectedKey: '1'}, false).split('\n')[3]?.includes('\u001B'));
	});
});

/** Takes what Ink draws; each write is a whole screen. */
class Paper extends EventEmitter {
	readonly isTTY = true;
	readonly columns = 33;
	readonly rows = 10;
	frame = '';

	write(text: string): boolean {
		this.frame = text;
		return true;
	}
}

test.serial('a row that changes, or is selected, is drawn as it is now', t => {
	const paper = new Paper();
	const level = chalk.level;
	chalk.level = 0;
	const table = (rows: readonly Vm[], selectedKey: string) => (
		<Table
			columns={columns}
			rows={rows}
			state={{...emptyTable, height: 3, selectedKey}}
			width={33}
			isFocused
		/>
	);
	// All of a stream that Ink uses.
	const stdout = paper as unknown as NodeJS.WriteStream;
	const app = render(table(vms, '1'), {stdout, debug: true, patchConsole: false, exitOnCtrlC: false});
	try {
		app.rerender(table(vms.with(0, {key: '1', name: 'new', load: 7, note: 'other'}), '1'));
		t.is(paper.frame.split('\n')[1]?.trimEnd(), '› new             7 % other');
		app.rerender(table(vms, '3'));
		t.is(paper.frame.split('\n')[1]?.trimEnd(), '  web             4 % fine');
		t.is(paper.frame.split('\n')[3]?.trimEnd(), '› base           50 % �[2Jgone');
	} finally {
		app.unmount();
		chalk.level = level;
	}
});

test.serial('a table without room draws nothing beyond it', t => {
	withColors(0, () => {
		t.deepEqual(draw(1).split('\n'), ['…', '…', '…', '…']);
		t.is(draw(0).trim(), '');
	});
});

test.serial('without colours there is not one control character', t => {
	t.notRegex(withColors(0, () => draw(33)).replaceAll('\n', ''), /\p{Cc}/u);
});

test('a row is exactly as wide as wanted, whatever is written in it', async t => {
	await fc.assert(
		fc.asyncProperty(hostileText, hostileText, fc.integer({min: 2, max: 50}), async (name, note, width) => {
			const cells = layoutTable(columns, width).cells({key: '1', name, load: 1, note});
			const text = `› ${cells.map(cell => cell.text).join('')}`;
			const {column, row, isChanged} = await written(`${text}|`, 60);
			t.deepEqual(
				{column, row, isChanged},
				{column: width + 1, row: 0, isChanged: false},
				JSON.stringify(text),
			);
			t.notRegex(text, /[\p{Cc}\p{Cf}]/u);
		}),
		{numRuns: 300},
	);
});

test('what Ink draws of a row is what the terminal shows of it, whatever is written in it', async t => {
	await fc.assert(
		fc.asyncProperty(hostileText, fc.integer({min: 2, max: 50}), async (name, width) => {
			const row = {key: '2', name, load: 1, note: name};
			const [, line = ''] = draw(width, {height: 1}, true, [row]).split('\n');
			const whole = layoutTable(columns, width)
				.cells(row)
				.map(({text}) => text)
				.join('');
			const {row: cursorRow, lines} = await written(line, width);
			t.is(lines[0]?.trimEnd(), `› ${whole}`.trimEnd());
			t.is(cursorRow, 0);
		}),
		{numRuns: 200},
	);
});

test('the columns that are shown fill the width, but for gaps', t => {
	fc.assert(
		fc.property(fc.integer({min: 1, max: 200}), width => {
			const shown = columnWidths(columns, width);
			const used = shown.reduce((sum, column) => sum + column.width, 0) + shown.length - 1;
			t.is(used, width);
			t.true(shown.length === 1 || shown.every(({column, width: given}) => given >= column.width.min));
		}),
	);
});

test('a row that looks as before is not drawn anew', t => {
	const layout = layoutTable(columns, 33);
	const line = (vm: Vm, look: 'plain' | 'focused' = 'plain') => ({cells: layout.cells(vm), look, width: 33});
	const web: Vm = {key: '1', name: 'web', load: 4, note: ''};
	t.is(layout.cells(web), layout.cells(web));
	t.true(looksSame(line(web), line({...web})));
	t.false(looksSame(line(web), line({...web, load: 5})));
	t.false(looksSame(line(web), line(web, 'focused')));
});

test('what is said of a table without rows goes on in the next row, as far as there are any', t => {
	const text = 'You have no VMs. c creates one.';
	const shown = (height: number) =>
		renderToString(
			<Table
				columns={columns}
				rows={[]}
				state={{...emptyTable, height}}
				width={20}
				isFocused
				emptyText={text}
			/>,
			{columns: 20},
		)
			.split('\n')
			.slice(1)
			.map(line => line.trimEnd());
	t.deepEqual(shown(3), ['  You have no VMs. c', '  creates one.', '']);
	t.deepEqual(shown(1), ['  You have no VMs. c']);
});

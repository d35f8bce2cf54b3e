import test from 'ava';
import type {ExeUnit} from '../../../daemons/provider/exe-units.js';
import {createVmRegistry} from '../../../daemons/provider/vm-registry.js';
import {createTestLog} from '../../support/log.js';
import {vmRecord} from './_records.js';

test('what a VM was to hold that came to nothing is told of as free again', t => {
	let told = 0;
	const registry = createVmRegistry({
		records: [],
		store: {async set() {}, async delete() {}, async close() {}},
		exeUnitOf: () => ({}) as ExeUnit,
		log: createTestLog().log,
		signal: new AbortController().signal,
		onChange() {
			told += 1;
		},
	});
	const record = vmRecord();
	registry.add(record);
	registry.update(record.id, {ssh_port: 30_000});
	t.is(told, 1);
	registry.forget(record.id);
	t.is(told, 2);
	t.deepEqual(registry.records(), []);
});

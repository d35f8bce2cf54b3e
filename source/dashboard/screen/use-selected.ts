import {useRef, useSyncExternalStore} from 'react';
import type {Store} from '../store.js';

/**
What is selected of a store; the component is drawn again only when that is another value.
@param select must give the same value as long as nothing that it looks at has changed
*/
export function useSelected<Value, Selected>(
	store: Store<Value>,
	select: (value: Value) => Selected,
): Selected {
	const last = useRef<{value: Value; select: (value: Value) => Selected; selected: Selected}>(undefined);
	const read = () => {
		const value = store.get();
		if (!last.current || last.current.value !== value || last.current.select !== select) {
			last.current = {value, select, selected: select(value)};
		}

		return last.current.selected;
	};
	return useSyncExternalStore(store.subscribe, read);
}

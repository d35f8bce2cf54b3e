import {apiWords, lookOf, portLooks} from '../../hosting/ports-text.js';
import type {PortStatus, PortsReport} from '../../protocol/control.js';
import type {Line} from '../screen/lines.js';
import {dim, facts, heading, plain} from './facts.js';

/** All about one port, and what helps where it is not reached. */
export function portLines(port: PortStatus, {api, issues}: PortsReport): Line[] {
	const look = portLooks[lookOf(port)];
	const isApi = port.port === api.port;
	return [
		...heading(isApi ? `Port ${port.port}: the provider’s API` : `Port ${port.port}`),
		...facts([
			['state', isApi ? apiWords(port).text : look.words, look.style.color],
			['why', port.reason],
			['VM', port.vm_id],
			['occupied by', port.occupant && `${port.occupant.name} (pid ${port.occupant.pid})`],
			['checked', port.checked_at ?? 'never'],
		]),
		...heading('Port checkers'),
		...(port.findings.length === 0
			? [dim('none has told of it')]
			: port.findings.map(({server, reachable, error}) =>
					plain(`${reachable ? '✓' : '✗'} ${server}${error ? `: ${error}` : ''}`),
				)),
		...issues.flatMap(({severity, message, fixes, docs}) => [
			...heading(`${severity === 'critical' ? 'Critical' : 'Warning'}: ${message}`),
			...fixes.map(plain),
			dim(docs),
		]),
	];
}

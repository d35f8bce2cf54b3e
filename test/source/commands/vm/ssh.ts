import test from 'ava';
import {freePort} from '../../../support/ports.js';
import {answer, serve} from '../../requestor/_stand-ins.js';
import {rented, renter, told} from './_world.js';

for (const [status, advice] of [
	['stopped', /^web is stopped\. Turn it on with: golem vm start web$/m],
	['running', /^See how the VM is with: golem vm info web$/m],
] as const) {
	test(`who does not get into a VM that is ${status} is told what to do`, async t => {
		const {port} = await serve(t, (_request, _body, response) => answer(response, told('web', status)));
		const {golem, remember} = await renter(t);
		const rental = rented('web', port);
		const access = rental.access && {...rental.access, ssh_port: await freePort()};
		await remember({...rental, access});
		const {exitCode, stdout, stderr} = await golem(['vm', 'ssh', 'web', '--', 'true']);
		t.is(exitCode, 255);
		t.is(stdout, '');
		t.regex(stderr, advice);
	});
}

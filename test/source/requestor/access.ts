import path from 'node:path';
import test from 'ava';
import {golemPaths} from '../../../source/platform/paths.js';
import {findAccess} from '../../../source/requestor/access.js';
import {createRequestor} from '../../../source/requestor/requestor.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {rented, told} from '../commands/vm/_world.js';
import {answer, serve} from './_stand-ins.js';

test('a VM that is given back while its way in is asked for stays given back', async t => {
	const home = path.join(await temporaryFolder(t), 'home');
	const requestor = createRequestor(golemPaths(home), {environment: {}, dotEnv: {}, config: {}});
	t.teardown(() => requestor.close());
	const rentals = await requestor.rentals();
	const {port} = await serve(t, (request, _body, response) => {
		if (request.url?.endsWith('/access')) {
			void rentals.delete('web').then(() => answer(response, rented('web', port).access));
		} else {
			answer(response, told('web'));
		}
	});
	const rental = rented('web', port, {access: null});
	await rentals.set('web', rental);
	t.deepEqual(await findAccess(requestor, rental), rented('web', port).access);
	await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
});

import test from 'ava';
import fc from 'fast-check';
import {createRouteTable, type Route} from '../../../daemons/host/router.js';

const line = (method: Route['method'], path: string): Route => ({
	method,
	path,
	summary: path,
	handle: () => ({}),
});

const find = createRouteTable([
	line('GET', '/api/v1/vms'),
	line('POST', '/api/v1/vms'),
	line('GET', '/api/v1/vms/:id'),
	line('DELETE', '/api/v1/vms/:id'),
	line('GET', '/api/v1/vms/jobs'),
	line('GET', '/api/v1/vms/:id/batches/:batch'),
]);

test('method and path choose the route, and parameters come with it', t => {
	t.is(find('POST', '/api/v1/vms').route.method, 'POST');
	t.deepEqual(find('GET', '/api/v1/vms/a/batches/b'), {
		route: find('GET', '/api/v1/vms/x/batches/y').route,
		params: {id: 'a', batch: 'b'},
	});
});

test('a literal segment wins over a parameter, wherever it stands in the table', t => {
	t.is(find('GET', '/api/v1/vms/jobs').route.path, '/api/v1/vms/jobs');
	t.is(find('GET', '/api/v1/vms/job').route.path, '/api/v1/vms/:id');
});

test('whoever is called as a path is can be found by it', t => {
	const withJobs = createRouteTable([
		line('GET', '/vms/jobs/:job'),
		line('GET', '/vms/:vm/access'),
		line('POST', '/vms/:vm/start'),
	]);
	t.is(withJobs('GET', '/vms/jobs/17').route.path, '/vms/jobs/:job');
	t.is(withJobs('GET', '/vms/jobs/access').route.path, '/vms/:vm/access');
	t.is(withJobs('POST', '/vms/jobs/start').route.path, '/vms/:vm/start');
});

test('an empty segment is no parameter', t => {
	t.throws(() => find('GET', '/api/v1/vms/'), {code: 'REQ_404'});
	t.throws(() => find('GET', '/api/v1/vms//batches/b'), {code: 'REQ_404'});
});

test('a parameter is decoded, and one that cannot be is no path of ours', t => {
	t.is(find('GET', '/api/v1/vms/a%2Fb').params['id'], 'a/b');
	t.throws(() => find('GET', '/api/v1/vms/%E0%A4%A'), {code: 'REQ_404'});
});

test('another method is told those that there are', t => {
	const error = t.throws(() => find('PUT', '/api/v1/vms/a'), {code: 'REQ_405'});
	t.deepEqual((error as {headers?: unknown} | undefined)?.headers, {Allow: 'GET, DELETE'});
});

test('any segment comes back as the parameter it was', t => {
	fc.assert(
		fc.property(fc.string({unit: 'grapheme', minLength: 1}), id => {
			fc.pre(id !== 'jobs');
			t.is(find('GET', `/api/v1/vms/${encodeURIComponent(id)}`).params['id'], id);
		}),
	);
});

test('whatever path is asked for, the answer is a route or an error of the contract', t => {
	fc.assert(
		fc.property(fc.oneof(fc.webPath(), fc.string({unit: 'binary'})), path => {
			try {
				find('GET', path);
			} catch (error) {
				t.is((error as {code?: string}).code, 'REQ_404');
			}
		}),
	);
	t.pass();
});

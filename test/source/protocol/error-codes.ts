import test from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {ApiError, errorBodySchema, errorCodes, exitCodeOf} from '../../../source/protocol/error-codes.js';

test('each code has the status of the contract', t => {
	const statuses = Object.fromEntries(Object.entries(errorCodes).map(([code, {status}]) => [code, status]));
	t.deepEqual(statuses, {
		REQ_001: 400,
		REQ_002: 413,
		REQ_003: 415,
		REQ_404: 404,
		REQ_405: 405,
		AUTH_001: 401,
		AUTH_002: 401,
		AUTH_003: 401,
		AUTH_004: 403,
		ADV_001: 400,
		ADV_002: 400,
		ADV_004: 404,
		RATE_001: 429,
		RES_001: 409,
		RES_002: 409,
		RES_003: 503,
		VM_001: 500,
		VM_002: 404,
		VM_003: 409,
		VM_004: 409,
		IMG_001: 400,
		NET_001: 504,
		NET_003: 409,
		PORT_001: 400,
		PORT_004: 403,
		SRV_001: 500,
		SRV_002: 503,
	});
});

test('an error carries its status and exit code', t => {
	const error = new ApiError('VM_002', 'No such VM.', {details: {name: 'a'}});
	t.like(error, {code: 'VM_002', status: 404, exitCode: exitCodes.notFound, message: 'No such VM.'});
});

test('a code of a newer version, or one that names a property of every object, is a failure', t => {
	t.is(exitCodeOf('NEW_001'), exitCodes.failed);
	t.is(exitCodeOf('toString'), exitCodes.failed);
	t.is(exitCodeOf('NET_001'), exitCodes.timedOut);
});

test('an error body of another version is read, with details where it has none', t => {
	t.deepEqual(errorBodySchema.parse({code: 'NEW_001', message: 'x', timestamp: 't', more: 1}), {
		code: 'NEW_001',
		message: 'x',
		timestamp: 't',
		more: 1,
		details: {},
	});
});

import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {withGuestAgent} from '../../../../daemons/exe-unit/qemu/guest-agent.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {type Caller, startLineServer} from './_line-server.js';

const delimiter = Buffer.from([0xff]);
const sync = 'guest-sync-delimited';

type Command = {execute: string; arguments: Record<string, unknown>};

/** The guest's agent: finds its way to a new caller as the real one does, and answers the rest as the test says. */
function startAgent(
	t: ExecutionContext,
	answer: (command: Command, caller: Caller) => void,
	greet?: (caller: Caller) => void,
) {
	return startLineServer(
		t,
		(command, caller) => {
			if (command.execute === sync) {
				caller.socket.write(delimiter);
				caller.say({return: command.arguments['id']});
			} else {
				answer(command, caller);
			}
		},
		greet,
	);
}

/** Well after all that a test waits for: who needs it has failed. */
const longEnough = () => AbortSignal.timeout(20_000);

test('what is asked is answered, in any language', async t => {
	const {file} = await startAgent(t, (command, {say}) => say({return: {heard: command}}));
	const answers = await withGuestAgent(file, longEnough(), async agent => [
		await agent.execute('guest-set-user', {name: 'Zoë', keys: ['a', 'ü']}),
		await agent.execute('guest-ping'),
	]);
	t.deepEqual(answers, [
		{heard: {execute: 'guest-set-user', arguments: {name: 'Zoë', keys: ['a', 'ü']}}},
		{heard: {execute: 'guest-ping', arguments: {}}},
	]);
});

test('an answer that comes byte by byte, after a blank line, is one', async t => {
	const {file} = await startAgent(t, (_command, {socket}) => {
		const bytes = [...Buffer.from('\n{"return": "Zoë"}\n')];
		const next = () => {
			const byte = bytes.shift();
			if (byte !== undefined) {
				socket.write(Buffer.from([byte]), () => setImmediate(next));
			}
		};
		next();
	});
	t.is(await withGuestAgent(file, longEnough(), agent => agent.execute('guest-get-host-name')), 'Zoë');
});

test('whatever an earlier caller left half-said is ended first', async t => {
	const {file, received} = await startAgent(t, (_command, {say}) => say({return: {}}));
	await withGuestAgent(file, longEnough(), agent => agent.execute('guest-ping'));
	t.is(received().indexOf('\xff'), 0);
	t.true(received().indexOf(sync) < received().indexOf('guest-ping'));
});

test('answers to an earlier caller are nobody’s, also those that were cut off', async t => {
	const leftovers = [
		'{"return": {"from": "yesterday"}}\n',
		'{"return": 4711}\n',
		'{"error": {"class": "GenericError", "desc": "yesterday"}}\n',
		'\n\n',
		'{"return": {"half an ans',
	];
	const {file} = await startAgent(
		t,
		(_command, {say}) => say({return: 'today'}),
		({socket}) => {
			socket.write(leftovers.join(''));
		},
	);
	t.is(await withGuestAgent(file, longEnough(), agent => agent.execute('guest-info')), 'today');
});

test('a refusal is told with the command and the reason, and the next command may go well', async t => {
	const {file} = await startAgent(t, ({execute}, {say}) => {
		say(
			execute === 'guest-exec'
				? {error: {class: 'CommandNotFound', desc: `no ${'very '.repeat(1000)}such command`}}
				: {return: {}},
		);
	});
	const next = await withGuestAgent(file, longEnough(), async agent => {
		const error = await t.throwsAsync(agent.execute('guest-exec'), {code: 'GUEST_AGENT_FAILED'});
		t.regex(error.message, /refused guest-exec: .*CommandNotFound/);
		t.true(error.message.length < 1000, 'not all of what a stranger’s program says');
		return agent.execute('guest-ping');
	});
	t.deepEqual(next, {});
});

for (const nonsense of ['hello', '7', 'null', '{}', '[{"return": 1}]', '{"return": 1']) {
	test(`${nonsense} is no answer`, async t => {
		const {file} = await startAgent(t, (_command, {socket}) => {
			socket.write(`${nonsense}\n`);
		});
		await t.throwsAsync(
			withGuestAgent(file, longEnough(), agent => agent.execute('guest-ping')),
			{code: 'GUEST_AGENT_FAILED', message: /makes no sense/},
		);
	});
}

test('what is never answered is sent all the same before the agent is let go', async t => {
	const heard: string[] = [];
	const {file, callers} = await startAgent(t, ({execute}) => heard.push(execute));
	await withGuestAgent(file, longEnough(), async agent => agent.send('guest-shutdown', {mode: 'powerdown'}));
	await eventually('the agent heard it', () => whenTrue(heard.includes('guest-shutdown')));
	await eventually('it was let go', () => whenTrue(callers[0]?.socket.destroyed === true));
	t.pass();
});

test('a guest without an ear for anybody is waited for until the signal, and then let go', async t => {
	const {file, received, callers} = await startLineServer(t, () => {});
	const end = new AbortController();
	const asked = withGuestAgent(file, end.signal, async () => t.fail('there was nobody'));
	await eventually('it was asked', () => whenTrue(received().includes(sync)));
	const reason = new Error('that was long enough');
	end.abort(reason);
	t.is(await t.throwsAsync(asked), reason);
	await eventually('it was let go', () => whenTrue(callers[0]?.socket.destroyed === true));
});

test('a guest that falls silent in the middle is waited for until the signal', async t => {
	const {file, received} = await startAgent(t, () => {});
	const end = new AbortController();
	const asked = withGuestAgent(file, end.signal, agent => agent.execute('guest-ping'));
	await eventually('it was asked', () => whenTrue(received().includes('guest-ping')));
	const reason = new Error('that was long enough');
	end.abort(reason);
	t.is(await t.throwsAsync(asked), reason);
});

for (const [when, talksAtOnce] of [
	['from its first word on', true],
	['as the answer to a command', false],
] as const) {
	test(`a guest that talks without end ${when} is cut off`, async t => {
		const megabyte = 1024 * 1024;
		let taken = 0;
		const talk = ({socket}: Caller) => {
			const chunk = Buffer.alloc(65_536, 'a');
			const goOn = () => {
				// Far more than it may say; from here on it would be silent.
				if (taken < 64 * megabyte && !socket.destroyed) {
					socket.write(chunk, error => {
						if (!error) {
							taken += chunk.length;
							goOn();
						}
					});
				}
			};
			goOn();
		};
		const {file, callers} = talksAtOnce
			? await startLineServer(t, () => {}, talk)
			: await startAgent(t, (_command, caller) => talk(caller));
		await t.throwsAsync(
			withGuestAgent(file, longEnough(), agent => agent.execute('guest-ping')),
			{code: 'GUEST_AGENT_FAILED'},
		);
		await eventually('it was let go', () => whenTrue(callers[0]?.socket.destroyed === true));
		// What is in the system's buffers comes on top of the one megabyte.
		t.true(taken < 16 * megabyte, `${taken} bytes`);
	});
}

test('an agent that hangs up before a word or in the middle is told as gone', async t => {
	const rude = await startLineServer(
		t,
		() => {},
		({socket}) => {
			socket.destroy();
		},
	);
	const tired = await startAgent(t, (_command, {socket}) => {
		socket.end('{"return": ');
	});
	for (const {file} of [rude, tired]) {
		await t.throwsAsync(
			withGuestAgent(file, longEnough(), agent => agent.execute('guest-ping')),
			{code: 'GUEST_AGENT_FAILED', message: /not there/},
		);
	}
});

test('after it has gone, each further command is told so too', async t => {
	const {file} = await startAgent(t, (_command, {socket}) => {
		socket.destroy();
	});
	await withGuestAgent(file, longEnough(), async agent => {
		for (let time = 0; time < 3; time++) {
			await t.throwsAsync(agent.execute('guest-ping'), {code: 'GUEST_AGENT_FAILED'});
			agent.send('guest-shutdown');
		}
	});
});

test('where there is no socket there is no agent', async t => {
	const file = path.join(await temporaryFolder(t), 'nothing');
	await t.throwsAsync(
		withGuestAgent(file, longEnough(), async () => t.fail('there was nobody')),
		{code: 'GUEST_AGENT_FAILED'},
	);
});

test('what goes wrong with its user is what is told, and the agent is free for the next', async t => {
	const {file, callers} = await startAgent(t, (_command, {say}) => say({return: 'pong'}));
	const mishap = new Error('the user’s own');
	const failed = withGuestAgent(file, longEnough(), async () => {
		throw mishap;
	});
	t.is(await t.throwsAsync(failed), mishap);
	await eventually('it was let go', () => whenTrue(callers[0]?.socket.destroyed === true));
	t.is(await withGuestAgent(file, longEnough(), agent => agent.execute('guest-ping')), 'pong');
});

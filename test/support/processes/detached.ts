import {sendReadySignal} from '../../../source/platform/detached-process.js';

const [, , manner] = process.argv;
switch (manner) {
	case 'ready': {
		process.stdout.write('a line outside of the log\n');
		sendReadySignal({type: 'ready', info: {pid: process.pid, greeting: process.env['GREETING']}});
		setTimeout(() => {}, 60_000);
		break;
	}

	case 'fails': {
		sendReadySignal({
			type: 'failed',
			error: {code: 'PORT_TAKEN', message: 'Somebody is there.', hint: 'Choose another.'},
		});
		break;
	}

	case 'dies': {
		for (let line = 1; line <= 30; line++) {
			process.stderr.write(`line ${line}\n`);
		}

		process.exitCode = 3;
		break;
	}

	case 'mumbles': {
		process.send?.({type: 'hello'});
		setTimeout(() => {}, 60_000);
		break;
	}

	default: {
		process.stdout.write(`silent ${process.pid}\n`);
		setTimeout(() => {}, 60_000);
	}
}

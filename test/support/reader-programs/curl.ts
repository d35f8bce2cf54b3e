import {parseArgs} from 'node:util';

/* For machines without curl: the few of its options that the documents use, and a failure for every other. */

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		silent: {type: 'boolean', short: 's'},
		include: {type: 'boolean', short: 'i'},
		header: {type: 'string', short: 'H', multiple: true, default: []},
		data: {type: 'string', short: 'd'},
	},
});
const answer = await fetch(new URL(positionals[0] ?? ''), {
	method: values.data === undefined ? 'GET' : 'POST',
	headers: values.header.map((line): [string, string] => {
		const [name = '', ...value] = line.split(':');
		return [name, value.join(':').trim()];
	}),
	...(values.data === undefined ? {} : {body: values.data}),
});
if (values.include) {
	const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
	process.stdout.write(`HTTP/1.1 ${answer.status} ${answer.statusText}\r\n${headers}\r\n`);
}

process.stdout.write(await answer.text());

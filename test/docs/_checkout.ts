import {checkout} from './_blocks.js';
import type {Script} from './_script.js';
import type {World} from './_world.js';

/* The blocks of somebody who has a checkout. */

const inCheckout = ({home, environment}: World) => ({home, environment, cwd: checkout});

/** Would `npm ci` find that package.json and package-lock.json say the same? */
const compareLockfile = 'npm ls --package-lock-only --all > /dev/null';
const hasNpmScript = (name: string) => `node -e "require('./package.json').scripts['${name}'].trim()"`;

export const checkoutScripts: readonly Script[] = [
	{
		place: 'README.md: See it work',
		prepare: inCheckout,
		lines: [
			{
				command: 'npm ci',
				by: 'nobody',
				because: 'it needs the internet, and deletes the packages that this runs with',
				instead: compareLockfile,
			},
			{command: 'npx golem setup --yes', shows: [/his machine can host VMs/]},
			{
				command: 'npx golem demo',
				replies: [
					['Open a shell in it', '1\r'],
					['ubuntu@demo:~$', 'exit\r'],
					['Stop all of it', '3\r'],
				],
				shows: ['All of it is gone.'],
			},
		],
	},
	{
		place: 'README.md: Develop',
		prepare: inCheckout,
		lines: [
			{
				command: 'npm ci && npx golem setup --yes && npm test',
				by: 'nobody',
				because: 'this is a part of it, and `npm ci` is not for tests',
				instead: `${compareLockfile} && npx golem setup --yes && ${hasNpmScript('test')}`,
			},
			{
				command: 'npm run check',
				by: 'nobody',
				because: '`npm test` has done it before this',
				instead: hasNpmScript('check'),
			},
			{
				command: 'npm run bench',
				by: 'nobody',
				because: 'it measures for minutes, on a machine that has nothing else to do',
				instead: hasNpmScript('bench'),
			},
		],
	},
];

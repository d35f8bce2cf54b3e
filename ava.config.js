export default {
	files: ['test/**/*.ts', 'test/**/*.tsx', '!test/bench/**', '!test/support/**'],
	extensions: {ts: 'module', tsx: 'module'},
	nodeArguments: ['--import=tsx'],
	timeout: '5m',
};

export default {
	files: ['test/**/*.ts', 'test/**/*.tsx', '!test/bench/**', '!test/support/**'],
	extensions: {ts: 'module', tsx: 'module'},
	nodeArguments: ['--import=tsx'],
	// tsx has no hold on worker threads.
	workerThreads: false,
	timeout: '5m',
};

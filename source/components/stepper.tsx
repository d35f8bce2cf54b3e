import {Spinner} from '@inkjs/ui';
import {Box, Text} from 'ink';

/** One step of something that takes a while; the last one in a list is the one under way. */
export type Step = {
	name: string;
	message: string;
	/** How long it took; undefined while it goes on. */
	durationMs: number | undefined;
	hasFailed?: boolean;
};

/** Steps one under the other: done with their time, the current one turning. */
export function Stepper({steps}: {readonly steps: readonly Step[]}) {
	return (
		<Box flexDirection="column">
			{steps.map(({name, message, durationMs, hasFailed}) =>
				durationMs === undefined ? (
					<Spinner key={name} label={message} />
				) : (
					<Text key={name}>
						<Text color={hasFailed ? 'red' : 'green'}>{hasFailed ? '✗' : '✓'}</Text> {message}
						<Text dimColor> {(durationMs / 1000).toFixed(1)} s</Text>
					</Text>
				),
			)}
		</Box>
	);
}

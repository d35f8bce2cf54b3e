import {Select} from '@inkjs/ui';
import {Box, Text} from 'ink';

export type ChoiceListProps = {
	readonly question: string;
	readonly choices: ReadonlyArray<{value: string; label: string}>;
	readonly onChoose: (value: string) => void;
};

/** A question with answers to choose from; the first is where the cursor stands. */
export function ChoiceList({question, choices, onChoose}: ChoiceListProps) {
	return (
		<Box flexDirection="column">
			<Text bold>{question}</Text>
			<Select options={[...choices]} onChange={onChoose} />
		</Box>
	);
}

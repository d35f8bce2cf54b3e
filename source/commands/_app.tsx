import {Box, Static, Text, useApp} from 'ink';
import {useEffect, useRef, useState} from 'react';
import type {Command} from '../command-line/command.js';
import type {Context, Progress} from '../command-line/context.js';
import {currentTerminalSession} from '../command-line/terminal-session.js';
import {ChoiceList} from '../components/choice-list.js';
import {type Step, Stepper} from '../components/stepper.js';

type Question = {
	question: string;
	choices: Array<{value: string; label: string}>;
	answer: (value: string) => void;
};

type AppProps = {
	/** What Pastel takes for a component is the command itself: it runs here, and this draws what it reports. */
	readonly Component: Command;
	readonly commandProps: {args: unknown; options: unknown};
};

/** The terminal app around every live command: its steps as they happen, and its questions. */
export default function App({Component: definition, commandProps}: AppProps) {
	const {exit} = useApp();
	const [steps, setSteps] = useState<Step[]>([]);
	const [notes, setNotes] = useState<string[]>([]);
	const [question, setQuestion] = useState<Question>();
	const startedAt = useRef(performance.now());

	const [isDone, setIsDone] = useState(false);

	// biome-ignore lint/correctness/useExhaustiveDependencies: a command runs once, whatever is drawn again.
	useEffect(() => {
		const session = currentTerminalSession();
		const begin = ({step, message}: Progress) => {
			const durationMs = performance.now() - startedAt.current;
			startedAt.current = performance.now();
			setSteps(known =>
				known.at(-1)?.name === step
					? known.with(-1, {name: step, message, durationMs: undefined})
					: [...endLast(known, durationMs), {name: step, message, durationMs: undefined}],
			);
		};
		const choose: Context['choose'] = (text, choices) =>
			new Promise((resolve, reject) => {
				const {signal} = session.context;
				// Ctrl-C takes away what is drawn, and with it whoever could answer.
				signal.addEventListener('abort', () => reject(signal.reason), {once: true});
				setQuestion({
					question: text,
					choices,
					answer(value) {
						setQuestion(undefined);
						startedAt.current = performance.now();
						resolve(choices.find(choice => choice.value === value)?.value);
					},
				});
			});
		const note = (text: string) => setNotes(known => [...known, text]);
		const end = (hasFailed: boolean) => {
			setSteps(known => endLast(known, performance.now() - startedAt.current, {hasFailed}));
			setIsDone(true);
		};
		session.running = definition.run({...session.context, progress: begin, choose, note}, commandProps);
		session.running.then(
			() => end(false),
			() => end(true),
		);
		return session.onUnmount;
	}, []);

	// Once the last state is on the screen.
	useEffect(() => {
		if (isDone) {
			exit();
		}
	}, [isDone, exit]);

	return (
		<Box flexDirection="column">
			<Static items={notes}>{text => <Text key={text}>{text}</Text>}</Static>
			<Stepper steps={steps} />
			{question && (
				<ChoiceList question={question.question} choices={question.choices} onChoose={question.answer} />
			)}
		</Box>
	);
}

function endLast(steps: Step[], durationMs: number, {hasFailed = false} = {}): Step[] {
	const last = steps.at(-1);
	return last && last.durationMs === undefined ? steps.with(-1, {...last, durationMs, hasFailed}) : steps;
}

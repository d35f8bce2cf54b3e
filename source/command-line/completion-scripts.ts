/** What the scripts call: `golem completion --complete SHELL -- WORD…`; the last word is the one under the cursor. */
export const completionFlag = '--complete';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Where each shell looks for it: bash, where its package bash-completion is installed. */
const installations: Readonly<Record<Shell, readonly string[]>> = {
	bash: [
		'mkdir -p ~/.local/share/bash-completion/completions',
		'golem completion bash > ~/.local/share/bash-completion/completions/golem',
	],
	zsh: [`golem completion zsh > "\${fpath[1]}/_golem"`],
	fish: [
		'mkdir -p ~/.config/fish/completions',
		'golem completion fish > ~/.config/fish/completions/golem.fish',
	],
};

// Word by word: the shells hand over the words as they are, and get back `word<tab>what it is`, one a line.
const bash = [
	'_golem() {',
	'	local word',
	'	COMPREPLY=()',
	`	while IFS=$'\\t' read -r word _; do`,
	'		COMPREPLY+=("$word")',
	`	done < <("$1" completion ${completionFlag} bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)`,
	'}',
	'complete -F _golem golem',
];

const zsh = [
	'#compdef golem',
	'_golem() {',
	'	local word meaning',
	'	local -a golem_words golem_meanings',
	`	while IFS=$'\\t' read -r word meaning; do`,
	'		golem_words+=("$word")',
	`		golem_meanings+=("$word\${meaning:+  -- $meaning}")`,
	`	done < <("\${words[1]}" completion ${completionFlag} zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)`,
	`	(( \${#golem_words} )) && compadd -l -d golem_meanings -a golem_words`,
	'}',
	`if [[ "\${funcstack[1]}" == _golem ]]; then`,
	'	_golem "$@"',
	'else',
	'	compdef _golem golem',
	'fi',
];

const fish = [
	'function __golem_words',
	'	set -l words (commandline -opc)',
	'	set -l current (commandline -ct)',
	`	command $words[1] completion ${completionFlag} fish -- $words[2..-1] "$current" 2>/dev/null`,
	'end',
	"complete -c golem -f -a '(__golem_words)'",
];

const lines: Readonly<Record<Shell, readonly string[]>> = {bash, zsh, fish};

/** The script for a shell. zsh wants its first line to say whose it is. */
export function completionScript(shell: Shell): string {
	const [first = '', ...rest] = lines[shell];
	const remarks = [
		`# What golem can complete, for ${shell}. To have it always${shell === 'bash' ? ' (by the package bash-completion)' : ''}:`,
		...installations[shell].map(line => `#   ${line}`),
	];
	return [...(shell === 'zsh' ? [first, ...remarks, ...rest] : [...remarks, ...lines[shell]])].join('\n');
}

// Completion of commands and options for shells, written from the commands themselves.

import { Argument, Command } from "commander";
import type { Option } from "commander";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

type Node = { readonly path: readonly string[]; readonly commands: readonly Command[]; readonly options: readonly Option[] };

/** Every command with what may stand behind it; options of the whole program stand behind all. */
function nodes(program: Command): Node[] {
	const visit = (command: Command, path: readonly string[]): Node[] => [
		{ path, commands: command.commands, options: path.length === 0 ? command.options : [...command.options, ...program.options] },
		...command.commands.flatMap((child) => visit(child, [...path, child.name()])),
	];
	return visit(program, []);
}

const flagsOf = (options: readonly Option[]): string[] =>
	options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]));

/** Bash, and zsh by its bashcompinit: a case for each command. */
function bash(program: Command): string {
	const cases = nodes(program).map(({ path, commands, options }) => {
		const words = [...commands.map((command) => command.name()), ...flagsOf(options), "--help"];
		return `\t"${path.join(" ")}") words="${words.join(" ")}" ;;`;
	});
	const groups = nodes(program).filter(({ commands }) => commands.length > 0);
	const known = groups.map(({ path, commands }) => `\t\t"${path.join(" ")}") names=" ${commands.map((one) => one.name()).join(" ")} " ;;`);
	const choices = program.options
		.filter(({ argChoices }) => argChoices !== undefined)
		.map(({ long, argChoices }) => `\t${long}) COMPREPLY=($(compgen -W "${argChoices?.join(" ")}" -- "$word")); return ;;`);
	return `_strikeproof() {
	local word="\${COMP_WORDS[COMP_CWORD]}" path="" names words i
	case "\${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join("\n")}
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$path" in
${known.join("\n")}
		*) names="" ;;
		esac
		case "$names" in *" \${COMP_WORDS[i]} "*) path="\${path:+$path }\${COMP_WORDS[i]}" ;; esac
	done
	case "$path" in
${cases.join("\n")}
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _strikeproof strikeproof
`;
}

function fish(program: Command): string {
	const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
	return nodes(program)
		.flatMap(({ path, commands, options }) => {
			const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`).join("; and ");
			const none = commands.map((command) => command.name()).join(" ");
			const when =
				path.length === 0
					? `not __fish_seen_subcommand_from ${none}`
					: `${seen}${none === "" ? "" : `; and not __fish_seen_subcommand_from ${none}`}`;
			return [
				...commands.map(
					(command) => `complete -c strikeproof -f -n ${quote(when)} -a ${command.name()} -d ${quote(command.description())}`,
				),
				...options.map(
					(option) =>
						`complete -c strikeproof -n ${quote(seen === "" ? when : seen)} -l ${String(option.long).slice(2)} -d ${quote(option.description)}`,
				),
			];
		})
		.join("\n")
		.concat("\n");
}

const SCRIPTS: Readonly<Record<Shell, (program: Command) => string>> = {
	bash,
	zsh: (program) => `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`,
	fish,
};

export function completionCommand(program: () => Command): Command {
	return new Command("completion")
		.description("prints a shell's completion: source <(npx strikeproof completion bash)")
		.addArgument(new Argument("<shell>", "whose").choices(SHELLS))
		.action((shell: Shell) => {
			process.stdout.write(SCRIPTS[shell](program()));
		});
}

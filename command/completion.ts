// `zmq completion`: scripts for shells, generated from the commands, their options and the values of those.

import type { Command } from "commander";
import { printDocument } from "./print.js";

interface OptionEntry {
  /** Such as `--output`, and `-o` if there is one. */
  readonly flags: readonly string[];
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** The values that are allowed. Empty if any is. */
  readonly choices: readonly string[];
}

interface Entry {
  /** The words that lead to the command, such as `bench latency`. */
  readonly path: string;
  /** Its subcommands, and the values of its argument if only some are allowed. */
  readonly words: readonly string[];
  readonly options: readonly OptionEntry[];
}

function entriesOf(command: Command, path = ""): Entry[] {
  const options = command.options.map(({ short, long, required, optional, argChoices }) => ({
    flags: [long, short].filter((flag) => flag !== undefined),
    takesValue: required || optional,
    choices: argChoices ?? [],
  }));
  const help = { flags: ["--help"], takesValue: false, choices: [] };
  const subcommands = command.commands;
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  const words = [...subcommands.map((sub) => sub.name()), ...choices];
  return [
    { path, words, options: [...options, help] },
    ...subcommands.flatMap((sub) => entriesOf(sub, `${path} ${sub.name()}`.trim())),
  ];
}

const flagsOf = (options: readonly OptionEntry[]) => options.flatMap(({ flags }) => flags);

/** Lines of a `case` of the values after an option: `PATH OPTION`. Any other value is completed as a file. */
function valueCases({ path, options }: Entry): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const patterns = flags.map((flag) => JSON.stringify(`${path} ${flag}`)).join("|");
      return `      ${patterns}) words=${JSON.stringify(choices.join(" "))} ;;`;
    });
}

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(({ path, words, options }) => {
    const all = [...words, ...flagsOf(options)].join(" ");
    return `      ${JSON.stringify(path)}) words=${JSON.stringify(all)}; break ;;`;
  });
  // The command is the longest path of words that exists: further words are messages. Bash splits at `=`, so the value of
  // `--output=json` comes as a word of its own; zsh does not.
  return `_zmq() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" route="" words="" word prefix=""
  if [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [[ $current == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-1]}" current=""; fi
  if [[ $current == --*=* ]]; then previous="\${current%%=*}" prefix="\${current%%=*}=" current="\${current#*=}"; fi
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    [[ $word == -* ]] && break
    route="\${route:+$route }$word"
  done
  while true; do
    case "$route" in
${cases.join("\n")}
    esac
    [[ $route == *" "* ]] || break
    route="\${route% *}"
  done
  if [[ $previous == -* ]]; then
    case "$route $previous" in
${entries.flatMap(valueCases).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$current"))
}
complete -o default -F _zmq zmq zmq-native`;
}

function zsh(entries: readonly Entry[]): string {
  return `autoload -Uz bashcompinit && bashcompinit\n${bash(entries)}`;
}

function fish(entries: readonly Entry[]): string {
  return entries
    .flatMap(({ path, words, options }) => {
      const names = path.split(" ").filter((word) => word !== "");
      const condition =
        names.length === 0
          ? "__fish_use_subcommand"
          : names.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
      const flags = options.map(({ flags, takesValue, choices }) => {
        const parts = flags.map((flag) =>
          flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        if (choices.length > 0) parts.push(`-x -a ${JSON.stringify(choices.join(" "))}`);
        else if (takesValue) parts.push("-r");
        return parts.join(" ");
      });
      const lines = [...words.map((word) => `-a ${word}`), ...flags];
      return lines.map((line) => `complete -c zmq -n "${condition}" ${line}`);
    })
    .join("\n");
}

const shells = { bash, zsh, fish };

/** Prints the script for a shell. */
export async function completion(shell: keyof typeof shells, program: Command): Promise<void> {
  printDocument(`${shells[shell](entriesOf(program))}\n`);
}

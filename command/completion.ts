// `zmq completion`: scripts for shells, generated from the commands and their options.

import type { Command } from "commander";

interface Entry {
  /** The words that lead to the command, such as `bench latency`. */
  readonly path: string;
  readonly words: readonly string[];
}

function entriesOf(command: Command, path = ""): Entry[] {
  const subcommands = command.commands;
  const options = command.options.flatMap(({ short, long }) =>
    [long, short].filter((flag) => flag !== undefined),
  );
  const words = [...subcommands.map((sub) => sub.name()), ...options, "--help"];
  return [{ path, words }, ...subcommands.flatMap((sub) => entriesOf(sub, `${path} ${sub.name()}`.trim()))];
}

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(
    ({ path, words }) => `    ${JSON.stringify(path)}) words=${JSON.stringify(words.join(" "))} ;;`,
  );
  return `_zmq() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && break
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join("\n")}
    *) words="" ;;
  esac
  while [[ -z $words && $path == *" "* ]]; do
    path="\${path% *}"
    case "$path" in
${cases.map((line) => `  ${line}`).join("\n")}
    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _zmq zmq zmq-native`;
}

function zsh(entries: readonly Entry[]): string {
  return `autoload -Uz bashcompinit && bashcompinit\n${bash(entries)}`;
}

function fish(entries: readonly Entry[]): string {
  return entries
    .flatMap(({ path, words }) => {
      const names = path.split(" ").filter((word) => word !== "");
      const condition =
        names.length === 0
          ? "__fish_use_subcommand"
          : names.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
      return words.map((word) => {
        const flag = word.startsWith("--")
          ? `-l ${word.slice(2)}`
          : word.startsWith("-")
            ? `-s ${word.slice(1)}`
            : `-a ${word}`;
        return `complete -c zmq -n "${condition}" ${flag}`;
      });
    })
    .join("\n");
}

const shells = { bash, zsh, fish };

/** Prints the script for a shell. */
export async function completion(shell: keyof typeof shells, program: Command): Promise<void> {
  console.log(shells[shell](entriesOf(program)));
}

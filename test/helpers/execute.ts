// Programs that a test runs to their end, without a time limit by the helper. See program.ts for programs that run in
// parallel with the test.

import { execa, execaSync, type SyncOptions } from "execa";

/** `env` adds to the environment of the test, unless `extendEnv` is false. */
type Settings = Pick<
  SyncOptions,
  "cwd" | "env" | "extendEnv" | "input" | "timeout" | "uid" | "gid" | "killSignal"
>;

export interface Ended {
  /** The exit code. Null when a signal ended the program, or when it could not be started. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const reported = { reject: false, stripFinalNewline: false } as const;

interface Result {
  exitCode?: number | undefined;
  signal?: NodeJS.Signals | undefined;
  stdout?: string | undefined;
  stderr?: string | undefined;
}
const endOf = ({ exitCode, signal, stdout, stderr }: Result): Ended => ({
  status: exitCode ?? null,
  signal: signal ?? null,
  stdout: stdout ?? "",
  stderr: stderr ?? "",
});

/** Runs a program and returns its outcome. Blocks the test's thread. */
export const executeSync = (command: string, parameters: string[] = [], settings: Settings = {}): Ended =>
  endOf(execaSync(command, parameters, { ...settings, ...reported }) as Result);

/** Like `executeSync`, without blocking, so that servers of the test can answer meanwhile. */
export const execute = async (
  command: string,
  parameters: string[] = [],
  settings: Settings = {},
): Promise<Ended> =>
  endOf(
    (await execa(command, parameters, {
      ...(settings.input === undefined ? { stdin: "ignore" } : {}),
      ...settings,
      ...reported,
    })) as Result,
  );

/** Whether a program can be run here and succeeds. */
export const succeeds = (command: string, parameters: string[] = [], settings: Settings = {}): boolean =>
  executeSync(command, parameters, settings).status === 0;

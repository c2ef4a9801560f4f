// The pipeline: ventilator, workers and sink put together for one run, and what happens when a worker ends.

import { Crew } from "./crew.js";
import { Failure, reasonOf } from "./failure.js";
import { Ledger } from "./ledger.js";
import type { Options } from "./options.js";
import type { Progress } from "./progress.js";
import type { Result } from "./protocol.js";
import { Rendezvous } from "./rendezvous.js";
import { Sink } from "./sink.js";
import { counted, listed } from "./text.js";
import type { Omission } from "./tree.js";
import { Ventilator } from "./ventilator.js";

/** The result of a run. */
export interface Outcome {
  /** One for each file that could be read, in the order of arrival. */
  results: Result[];
  unreadable: Omission[];
  /** Names of all workers. */
  workers: string[];
  /** How workers ended that were not dismissed. */
  deaths: Map<string, string>;
  /** From the first file handed out to the last result. */
  seconds: number;
}

async function bindTo(part: Ventilator | Sink, address: string): Promise<string> {
  try {
    return await part.bind(address);
  } catch (error) {
    throw new Failure(`Cannot bind to ${address}: ${reasonOf(error)}.`);
  }
}

/**
 * Sends files, given by their paths below `options.path`, through the pipeline; resolves when all are settled.
 *
 * @throws Failure when all workers have ended before that.
 */
export async function distribute(
  options: Options,
  files: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Outcome> {
  const workers = Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`);
  const ledger = new Ledger(files, workers);
  const results: Result[] = [];
  const deaths = new Map<string, string>();
  let victim: string | undefined;
  let dismissed = false;

  /** Kills the worker that was just handed a file, so that it dies with work in its hands. */
  const sabotage = (worker: string) => {
    if (!options.killOne || victim !== undefined || !ledger.halfway) return;
    victim = worker;
    crew.kill(worker);
    // Results that it sent in its last moments might come or not: as none counts, every run goes the same way.
    ledger.fence(worker);
  };

  const ended = (worker: string, how: string) => {
    const lost = ledger.writeOff(worker).map(({ path }) => path);
    if (dismissed || signal.aborted) return;
    deaths.set(worker, how);
    progress.note(
      lost.length === 0
        ? `${worker} has ended (${how}) and held no file.`
        : `${worker} has ended (${how}) and held ${counted(lost.length, "file")}, to be sent again: ${listed(lost)}.`,
    );
  };

  // Disposed of in the reverse order: first the workers, last the folder of the ipc sockets.
  using rendezvous = new Rendezvous(options.transport);
  using sink = new Sink();
  using ventilator = new Ventilator(ledger, options.path, sabotage);
  const endpoints = {
    ventilator: await bindTo(ventilator, rendezvous.addressOf("ventilator")),
    sink: await bindTo(sink, rendezvous.addressOf("sink")),
  };
  const setups = workers.map((name) => ({ name, ...endpoints }));
  await using crew = new Crew(setups, options.transport === "inproc", ended);

  const collected = (result: Result) => {
    if (!ledger.settle(result.worker, result.id)) return;
    results.push(result);
    progress.advance(result.bytes);
  };

  const work = async () => {
    await ventilator.muster(signal);
    const start = performance.now();
    await ventilator.handOut(signal);
    const seconds = (performance.now() - start) / 1000;
    if (options.killOne && victim === undefined)
      progress.note("No worker was killed: there was no file to hand out.");
    dismissed = true;
    await ventilator.dismiss();
    await crew.allEnded();
    return seconds;
  };
  // Listening and collecting end with the sockets, that is after the work, or by an error, which ends the work.
  const serving = Promise.all([ventilator.listen(), sink.collect(collected)]);
  const seconds = await Promise.race([work(), serving.then(() => Number.NaN)]);
  return { results, unreadable: ledger.unreadable, workers, deaths, seconds };
}

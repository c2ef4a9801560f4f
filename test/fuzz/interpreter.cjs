// Plays programs of the fuzzer (test/fuzz/operations.mjs says what they may hold) against the built package. A program is
// a list of operations, each plain data; an operation that names a socket, context or anything else by a number means
// that one of those there are, so any part of a program is a program.
//
// On standard input, an array of programs. On standard output, a line for each step: `begin N`, `end N OPERATIONS`,
// `fault {…}`. Ends by returning: a handle that is left behind keeps it, which counts as a hang.

const { readFileSync, writeSync } = require("node:fs");
const { isMainThread, parentPort, workerData } = require("node:worker_threads");
const zmq = require("../..");
const { at, Machine, quietly } = require("./machine.cjs");
const onSockets = require("./on_sockets.cjs");
const others = require("./on_others.cjs");

process.removeAllListeners("warning");
process.on("warning", () => {});

async function perform(machine, operation) {
  try {
    const onSocket = onSockets[operation.op];
    if (onSocket === undefined) {
      await others[operation.op](machine, operation);
      return;
    }
    const entry = at(machine.sockets, operation.socket);
    if (entry === undefined) return;
    machine.current = entry;
    onSocket(machine, entry, operation);
  } catch (error) {
    machine.judge(operation.op, error);
  } finally {
    machine.current = undefined;
  }
}

/** Plays one program and answers its faults. */
async function play(program, machine = new Machine()) {
  for (const operation of program) {
    // Not each, which would give every operation a tick of its own.
    if (["turns", "pause"].includes(operation.op)) await perform(machine, operation);
    else perform(machine, operation);
  }
  return machine;
}

const say = (line) => writeSync(1, `${line}\n`);

async function main() {
  const programs = JSON.parse(readFileSync(0, "utf8"));
  let current = 0;
  const uncaught = (error) => {
    say(
      `fault ${JSON.stringify({ program: current, kind: "uncaught", text: String(error?.stack ?? error) })}`,
    );
    process.exit(1);
  };
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  for (const [index, program] of programs.entries()) {
    current = index;
    say(`begin ${index}`);
    const machine = await play(program);
    await machine.end();
    for (const fault of machine.faults) say(`fault ${JSON.stringify({ program: index, ...fault })}`);
    if (machine.faults.length > 0) process.exit(1);
    say(`end ${index} ${program.length}`);
  }
}

/** In a worker nothing is tidied up: the thread ends, or is ended, with all that it has. */
async function workerMain() {
  const machine = new Machine();
  machine.endpoints = [...workerData.endpoints];
  if (workerData.token !== undefined) {
    quietly(() => machine.contexts.push(zmq.Context.attach(workerData.token)));
  }
  await play(workerData.program, machine);
  for (const fault of machine.faults) parentPort.postMessage(fault);
}

if (isMainThread) main();
else workerMain();

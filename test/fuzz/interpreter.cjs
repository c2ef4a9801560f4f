// Plays programs of the fuzzer (defined in test/fuzz/operations.mjs) against the built package. A program is a list of
// operations, each plain data. An operation refers to a socket, context or other object by a number, modulo the number
// of existing ones, so any part of a program is a valid program.
//
// Reads an array of programs from standard input. Writes a line for each step to standard output: `begin N`, `end N
// OPERATIONS`, `fault {…}`. Exits by returning: a leftover handle keeps the process alive, which counts as a hang.

const { readFileSync, writeSync } = require("node:fs");
const { isMainThread, parentPort, workerData } = require("node:worker_threads");
const zmq = require("../..");
const { at, Intended, Machine, quietly } = require("./machine.cjs");
const atTheBoundary = require("./on_boundary.cjs");
const onSockets = require("./on_sockets.cjs");
const others = require("./on_others.cjs");

const ofSockets = { ...onSockets, ...atTheBoundary.onSockets };
const ofOthers = { ...others, ...atTheBoundary.others };

process.removeAllListeners("warning");
process.on("warning", () => {});

/** `socket` replaces the socket that the operation names. */
async function perform(machine, operation, socket) {
  const outer = machine.current;
  try {
    const onSocket = ofSockets[operation.op];
    if (onSocket === undefined) {
      await ofOthers[operation.op](machine, operation);
      return;
    }
    const entry = socket ?? at(machine.sockets, operation.socket);
    if (entry === undefined) return;
    machine.current = entry;
    onSocket(machine, entry, operation);
  } catch (error) {
    machine.judge(operation.op, error);
  } finally {
    machine.current = outer;
  }
}

/** Plays one program and returns its faults. */
async function play(program, machine) {
  machine.perform = (operation, entry) => void perform(machine, operation, entry);
  for (const operation of program) {
    // Awaits only these, since awaiting each operation would give every one its own tick.
    if (["turns", "pause"].includes(operation.op)) await perform(machine, operation);
    else perform(machine, operation);
  }
  return machine;
}

const say = (line) => writeSync(1, `${line}\n`);

const count = (program) =>
  program.reduce((sum, { inner, program: own }) => sum + 1 + (inner ? 1 : 0) + (own ? count(own) : 0), 0);

async function main() {
  const programs = JSON.parse(readFileSync(0, "utf8"));
  let current = 0;
  let previous;
  const uncaught = (error) => {
    if (error instanceof Intended) return;
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
    const machine = await play(program, new Machine({ index, program, previous }));
    const unsettled = await machine.end();
    previous = machine.ledger.asPrevious();
    for (const fault of machine.faults)
      say(`fault ${JSON.stringify({ program: index, unsettled, ...fault })}`);
    if (machine.faults.length > 0) process.exit(1);
    say(`end ${index} ${count(program)}`);
  }
}

/** A worker cleans up nothing: the thread ends or is terminated with everything in it. */
async function workerMain() {
  const { index, whole, thread, token, endpoints } = workerData;
  const machine = new Machine({ index, program: whole, thread });
  machine.endpoints = [...endpoints];
  if (token !== undefined) {
    quietly(() => machine.contexts.push(zmq.Context.attach(token)));
  }
  await play(machine.ledger.own, machine);
  for (const fault of machine.faults) parentPort.postMessage(fault);
}

if (isMainThread) main();
else workerMain();

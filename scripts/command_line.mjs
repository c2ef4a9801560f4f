// The command line of every program of the project, by commander. The published package does not have this file: see
// scripts/build.mjs and scripts/vendor.mjs.

import { Command, InvalidArgumentError } from "commander";

export { Argument, Option } from "commander";

/** A program, by the words that start it. Errors name the option and its value, and say that --help lists the others. */
export function command(name, description) {
  return new Command(name)
    .description(description)
    .helpOption("-h, --help", "print this text")
    .showHelpAfterError("Run with --help to see every option.");
}

/** Accepts a whole number of at least `least`. */
export const wholeNumber =
  (least = 1) =>
  (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
  };

/** Accepts a number between 0 and 1. */
export function share(text) {
  const number = Number(text);
  if (number > 0 && number < 1) return number;
  throw new InvalidArgumentError("Give a number between 0 and 1.");
}

/** Accepts a comma-separated list of known names. */
export const listOf = (known) => (text) => {
  const names = text.split(",");
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  throw new InvalidArgumentError(`There is no ${unknown.join(", ")}; there are ${known.join(", ")}.`);
};

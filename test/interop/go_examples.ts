// The Go examples as programs, with the package that protoc makes from their schema.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { root } from "../helpers/guide.js";
import { built, go, goMissing, goPath, zmq4Sources } from "./agents.js";

const folder = join(root, "examples/go");
const schema = join(root, "examples/11-languages");

/** Why a Go example cannot take part; undefined when it can. */
export function goExampleMissing(program: string): string | undefined {
  if (program.startsWith("protobuf") && !existsSync(join(goPath[0]!, "src/google.golang.org/protobuf"))) {
    return "Go's Protocol Buffers are not installed: apt-get install golang-google-protobuf-dev";
  }
  return goMissing();
}

/** Builds the examples that can be built here; resolves with the folder of the programs. */
export async function buildGoExamples(): Promise<string> {
  const programs = readdirSync(folder)
    .filter((file) => file.endsWith(".go"))
    .map((file) => file.replace(".go", ""))
    .filter((program) => goExampleMissing(program) === undefined);
  if (programs.length === 0) return folder;
  const sources = programs.map((program) => join(folder, `${program}.go`));
  const inputs = [...sources, join(schema, "weather.proto"), ...zmq4Sources()];
  return built("go-examples", inputs, async (out) => {
    if (programs.some((program) => program.startsWith("protobuf"))) await makeWeather(out);
    const path = [...goPath, out];
    for (const program of programs) {
      await go(["build", "-o", join(out, program), join(folder, `${program}.go`)], path);
    }
  });
}

/** Makes the Go package `weather` in the src of a folder. */
async function makeWeather(out: string): Promise<void> {
  const plugin = join(out, "protoc-gen-go");
  await go(["build", "-o", plugin, "google.golang.org/protobuf/cmd/protoc-gen-go"]);
  mkdirSync(join(out, "src"));
  await execa("protoc", [
    `--plugin=${plugin}`,
    `--go_out=${join(out, "src")}`,
    "--go_opt=Mweather.proto=./weather",
    `-I${schema}`,
    "weather.proto",
  ]);
}

// Which reports of a sanitizer count.

import { expect, test } from "vitest";
import { isCrashOfTool } from "./sanitizers.mjs";

const crash =
  "==8837==LeakSanitizer has encountered a fatal error.\n==8837==HINT: For debugging, try setting LSAN_OPTIONS\n";

test("a crash of LeakSanitizer is told from a leak and from an error", () => {
  expect(isCrashOfTool(`Tracer caught signal 11: addr=0x2530\n${crash}`)).toBe(true);
  expect(isCrashOfTool("==8837==ERROR: LeakSanitizer: detected memory leaks\n")).toBe(false);
  expect(isCrashOfTool(`==8837==ERROR: AddressSanitizer: heap-use-after-free\n${crash}`)).toBe(false);
});

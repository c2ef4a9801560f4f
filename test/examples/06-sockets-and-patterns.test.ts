import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";
import { sanitizer } from "../helpers/program.js";

testChapter("06-sockets-and-patterns", {
  "high-water-mark": (smallMemory, small, _mediumMemory, medium, largeMemory, all) => {
    expect(small).toBeLessThan(medium!);
    expect(medium).toBeLessThan(10_000);
    expect(all).toBe(10_000);
    // A sanitizer uses additional memory.
    if (!sanitizer) expect(smallMemory).toBeLessThan(largeMemory! / 2);
  },
  "shared-queue": (...answers) => {
    expect(answers.reduce((sum, count) => sum + count)).toBe(30);
    expect(Math.max(...answers) - Math.min(...answers)).toBeLessThanOrEqual(1);
  },
});

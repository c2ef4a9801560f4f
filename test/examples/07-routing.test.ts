import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("07-routing", {
  "lru-broker": (quick, alike, slow) => {
    expect(quick! + alike! + slow!).toBe(40);
    expect(slow).toBeLessThan(quick!);
    expect(slow).toBeLessThan(alike!);
  },
  // Which one takes longer depends on the load of the machine. bench/ compares times.
  latency: (without, through) => expect(Math.min(through!, without!)).toBeGreaterThan(0),
});

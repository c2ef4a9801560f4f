import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("07-routing", {
  "lru-broker": (quick, alike, slow) => {
    expect(quick! + alike! + slow!).toBe(40);
    expect(slow).toBeLessThan(quick!);
    expect(slow).toBeLessThan(alike!);
  },
  latency: (without, through) => expect(through).toBeGreaterThan(without!),
});

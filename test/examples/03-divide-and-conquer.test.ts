import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("03-divide-and-conquer", {
  pipeline: (one, two, four) => {
    expect(one).toBeGreaterThan(400);
    expect(two).toBeLessThan(one! * 0.8);
    expect(four).toBeLessThan(one! * 0.6);
  },
  "load-balancing": (first, second) => {
    // The sleeper holds the messages in its connection's buffers, and few more.
    expect(first! + second!).toBeGreaterThan(200);
    expect(Math.abs(first! - second!)).toBeLessThan(100);
  },
});

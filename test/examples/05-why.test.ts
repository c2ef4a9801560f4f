import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("05-why", {
  idle: (milliseconds) => expect(milliseconds).toBeLessThan(100),
  background: (sent, queued, delay) => {
    expect(queued).toSatisfy((count: number) => count > 0 && count <= 20);
    expect(sent).toBeGreaterThan(queued!);
    expect(delay).toBeLessThan(1_000);
  },
  // Two acknowledgements are lost.
  acknowledge: (attempts) => expect(attempts).toBeGreaterThanOrEqual(8),
  "whole-messages": (whole) => expect(whole).toBeGreaterThanOrEqual(6),
});

import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("04-context-and-exit", {
  "clean-exit": (dropped, patient, flushed) => {
    expect(dropped).toBeLessThan(patient!);
    expect(patient).toSatisfy((milliseconds: number) => milliseconds >= 195 && milliseconds < 1_000);
    expect(flushed).toBeLessThan(5_000);
  },
});

import { expect } from "vitest";
import { testChapter } from "../helpers/guide.js";

testChapter("02-publish-subscribe", {
  weather: (...means) => {
    expect(means).toHaveLength(2);
    for (const mean of means) expect(mean).toSatisfy((degrees: number) => degrees >= 15 && degrees <= 25);
  },
});

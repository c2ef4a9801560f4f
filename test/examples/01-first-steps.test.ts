import { testChapter } from "../helpers/guide.js";

testChapter("01-first-steps");

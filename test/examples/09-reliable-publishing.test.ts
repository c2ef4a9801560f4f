import { testChapter } from "../helpers/guide.js";

testChapter("09-reliable-publishing");

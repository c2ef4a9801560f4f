import { testChapter } from "../helpers/guide.js";

testChapter("08-reliable-requests");

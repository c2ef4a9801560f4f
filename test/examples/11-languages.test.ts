import { testChapter } from "../helpers/guide.js";

testChapter("11-languages");

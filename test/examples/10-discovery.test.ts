import { testChapter } from "../helpers/guide.js";

testChapter("10-discovery");

// The programs on the pages of docs/: each prints what its page shows.

import { installPackage, testPage } from "../helpers/pages.js";

installPackage();
testPage("back-pressure");

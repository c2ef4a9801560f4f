// piscina/worker.mts

import { serve } from "./thread.mjs";
import work from "./work.mjs";

await serve(work);

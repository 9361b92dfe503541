// `npm start`.

import { finish } from "./finish.ts";
import { upCommand } from "./up.ts";

await finish(upCommand("npm start --"));

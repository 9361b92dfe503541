// `strikeproof`: the command line of traders and operators (docs/cli.md).

import { finish } from "./finish.ts";
import { program } from "./program.ts";

await finish(program);

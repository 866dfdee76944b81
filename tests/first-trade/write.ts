import { writeFileSync } from "node:fs";
import process from "node:process";
import { PAGE, pageOf } from "./page.ts";
import { recordSession } from "./session.ts";

writeFileSync(PAGE, pageOf(await recordSession()));
process.stdout.write(`Written: ${PAGE}\n`);

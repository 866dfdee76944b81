import { join } from "node:path";
import { isBuilt, ROOT } from "../scripts/built.js";

/**
 * The command line that tests start: as it is installed, which starts in half the time, or, where dist/ is older than the
 * sources, these.
 */
export const CLI = join(ROOT, isBuilt() ? "dist/cli.js" : "src/cli.ts");

// npm calls this after an installation. npx up to npm 10 calls it again in a project whose development
// dependencies were pruned: without the compiler, what was built before stays.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");

if (existsSync(compiler) || !existsSync(join(root, "dist/cli.js")))
  process.exitCode = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" }).status ?? 1;

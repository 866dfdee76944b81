#!/usr/bin/env node
// Nothing is imported before this check: on an older Node the imports themselves would fail, with a
// stack trace instead of a sentence.
const REQUIRED_NODE_MAJOR = 24;
const major = Number.parseInt(process.versions.node, 10);

if (major < REQUIRED_NODE_MAJOR) {
  process.stderr.write(
    `alpaca-trader needs Node ${String(REQUIRED_NODE_MAJOR)} or newer, but this is Node ${process.versions.node}.\n` +
      "Hint: start it with `npx alpaca-trader` in the project's folder, which uses the Node that `npm ci` installed there.\n",
  );
  process.exitCode = 78;
} else {
  const { loadOnlyWhatIsUsed, stayInFirstYoungSpace } = await import("./footprint.ts");
  loadOnlyWhatIsUsed();
  if (process.argv.includes("run")) stayInFirstYoungSpace();
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv);
}

export {};

// For oxlint: what a file that only decides may not do, beside the imports and globals that .oxlintrc.json names.

const message = "This file only decides: it may not know the time, chance, files, the network or the environment.";

/** @typedef {{ type: string, name?: string }} Node */
/** @typedef {{ report: (finding: { node: Node, message: string }) => void }} Context */

/** `import()` asks the disk, `import.meta` is a place on it, and a `Date` of nothing is the time. */
const noSurroundings = {
  /** @param {Context} context */
  create: (context) => {
    /** @param {Node} node */
    const report = (node) => {
      context.report({ node, message });
    };
    return {
      ImportExpression: report,
      MetaProperty: report,
      /** @param {Node & { callee: Node, arguments: readonly Node[] }} node */
      NewExpression: (node) => {
        if (node.callee.name === "Date" && node.arguments.length === 0) report(node);
      },
    };
  },
};

export default { meta: { name: "pure" }, rules: { "no-surroundings": noSurroundings } };

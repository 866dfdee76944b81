/** The way the data walks, enforced: commands → daemon → execution → portfolio, broker, ledger. */
export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: "^src/(cli\\.ts|entry\\.ts|dashboard/page/login\\.js)$" },
      to: {},
    },
    {
      name: "no-dev-dependencies",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "portfolio-is-pure",
      comment: "The planner knows decimals and its own room.",
      severity: "error",
      from: { path: "^src/portfolio/" },
      to: { pathNot: "^(src/portfolio/|node_modules/big\\.js/)" },
    },
    {
      name: "performance-is-pure",
      comment: "Figures about the past know decimals and their own room.",
      severity: "error",
      from: { path: "^src/performance/" },
      to: { pathNot: "^src/(performance/|portfolio/money\\.ts)" },
    },
    {
      name: "strategies-are-pure",
      comment: "The rules know indicators and their own room.",
      severity: "error",
      from: { path: "^src/strategies/" },
      to: { pathNot: "^(src/strategies/|node_modules/trading-signals/)" },
    },
    {
      name: "rooms-do-not-reach-up",
      comment: "Only the daemon and the commands know how the rooms are put together.",
      severity: "error",
      from: {
        path: "^src/(portfolio|books|intake|broker|ledger|execution|signals|backtest|simulator|reporting|dashboard|strategies|performance|notifications|systemd|container|doctor)/",
      },
      to: { path: "^src/(commands/|daemon\\.ts|cli\\.ts)" },
    },
    {
      name: "the-trading-path-does-not-know-the-simulator",
      severity: "error",
      from: { path: "^src/(portfolio|books|intake|broker|ledger|execution|signals|reporting)/" },
      to: { path: "^src/simulator/" },
    },
    {
      name: "the-simulator-does-not-know-the-trader",
      severity: "error",
      from: { path: "^src/simulator/" },
      to: { path: "^src/(intake|broker|ledger|execution|reporting)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};

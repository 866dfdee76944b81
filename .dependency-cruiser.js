/**
 * The rooms of `src/`, from the ground up. A room imports its own floor and those below it, types included, so that
 * each can be read without the rooms above it.
 */
const FLOORS = [
  ["domain"],
  ["machine", "portfolio", "strategies", "performance"],
  ["config"],
  ["logging"],
  ["intake", "broker", "ledger", "simulator"],
  ["accounts", "shadow"],
  ["execution"],
  ["signals", "reporting"],
  ["backtest", "notifications", "supervision", "dashboard", "replay"],
  ["app"],
  ["doctor", "fleet"],
  ["commands"],
  ["main.ts"],
  ["cli.ts"],
];

const DATABASE_PACKAGES = "^node_modules/(pg|pg-boss|age-encryption|@types/pg)/";

/** A room's path: a directory, or a file at the root. */
const pathOf = (room) => (room.endsWith(".ts") ? `^src/${room.replace(".", "\\.")}$` : `^src/${room}/`);

/** One rule for each floor: nothing on it imports a room above it. */
const upwards = FLOORS.map((floor, index) => ({
  name: `no-upward-import-from-${floor[0]}`,
  severity: "error",
  from: { path: floor.map(pathOf) },
  to: { path: FLOORS.slice(index + 1).flatMap((above) => above.map(pathOf)) },
})).filter(({ to }) => to.path.length > 0);

/** Rooms of one floor do not know each other. */
const sideways = FLOORS.flatMap((floor) =>
  floor.map((room) => ({
    name: `${room}-knows-no-neighbour`,
    severity: "error",
    from: { path: pathOf(room) },
    to: { path: floor.filter((other) => other !== room).map(pathOf) },
  })),
).filter(({ to }) => to.path.length > 0);

const named = FLOORS.flat();

export default {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every-room-has-a-floor",
      comment: "A new room gets its place in FLOORS.",
      severity: "error",
      from: { path: "^src/", pathNot: named.map(pathOf) },
      to: {},
    },
    ...upwards,
    ...sideways,
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
      // What only a fleet with a database needs is an optional peer, and for our own tests a development dependency.
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], pathNot: DATABASE_PACKAGES },
    },
    {
      name: "the-database-stays-in-its-room",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/fleet/store/" },
      to: { path: DATABASE_PACKAGES },
    },
    {
      name: "pure-rooms-know-the-ground-alone",
      comment: "The planner, figures about the past and the strategies' rules know decimals, indicators, the ground and their own room.",
      severity: "error",
      from: { path: "^src/(portfolio|performance|strategies)/" },
      to: { pathNot: "^(src/(portfolio|performance|strategies|domain)/|node_modules/(big\\.js|trading-signals)/)" },
    },
    {
      name: "the-trading-path-does-not-know-the-simulator",
      severity: "error",
      from: { path: "^src/(portfolio|accounts|intake|broker|ledger|shadow|execution|signals|reporting)/" },
      to: { path: "^src/simulator/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};

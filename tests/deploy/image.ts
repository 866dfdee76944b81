import { systemClock } from "../../src/domain/clock.ts";
import { expectThat } from "./checks.ts";
import { runWell } from "./shell.ts";

const MEBIBYTE = 2 ** 20;
/** What the image may hold beyond its base. */
const LIMIT_MIB = 40;
const DAY_MS = 86_400_000;

/** @throws when somebody has let something into it that does not run. */
export function assertSmall(image: string, base: string): string {
  const mebibytes = (name: string): number => Number(runWell("docker", ["image", "inspect", "-f", "{{.Size}}", name])) / MEBIBYTE;
  const own = mebibytes(image) - mebibytes(base);
  const text = `${mebibytes(image).toFixed(0)} MiB, of it ${own.toFixed(0)} on top of its base`;
  expectThat(own <= LIMIT_MIB, `${text}, which may be ${String(LIMIT_MIB)}`);
  return text;
}

/** What is left out of the packages must be missed by none of these, which load all of them. On the simulator, without a network. */
export function everyCommandRuns(image: string, volume: string): string {
  const commands = commandLines(systemClock.now());
  for (const command of commands)
    runWell("docker", [
      ...["run", "--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"],
      ...["-e", "ALERTS_TIMEZONE=UTC", "-v", `${volume}:/var/lib/alpaca-trader`, image, ...command.split(" ")],
    ]);
  return commands.map((command) => command.split(" ", 1)[0]).join(", ");
}

function commandLines(now: number): string[] {
  const day = (ago: number): string => new Date(now - ago * DAY_MS).toISOString().slice(0, 10);
  return [
    "--help",
    "demo --once",
    "signal --explain",
    "trade",
    "execute",
    "status",
    "report --html /tmp/report.html",
    "explain",
    "account",
    "doctor",
    `backtest --from ${day(60)} --to ${day(20)} --svg /tmp/chart.svg`,
    "halt",
    "resume",
    "simulator --fault list",
  ];
}

/** Everything that a browser and Prometheus ask the daemon's address for. @param token DASHBOARD_TOKEN. */
export async function servesDashboard(url: string, token: string): Promise<string> {
  const paths = ["/", "/page/page.js", "/page/style.css", "/api/dashboard", "/metrics", "/healthz"];
  const headers = { Authorization: `Bearer ${token}` };
  for (const path of paths) {
    const { status } = await fetch(`${url}${path}`, { headers });
    expectThat(status === 200, `${path} answers ${String(status)}`);
  }
  const { status } = await fetch(`${url}/api/dashboard`);
  expectThat(status === 401, `Without the token it answers ${String(status)}.`);
  return paths.join(" ");
}

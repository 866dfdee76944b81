import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf, type Leg } from "../scenarios/strategy.ts";
import { eventually, expectThat, took } from "./checks.ts";
import { composeCommand } from "./engine.ts";
import { run, runWell, type Ran } from "./shell.ts";

const NAME = "alpaca-trader-test-fleet";
const LIMIT_MS = 60_000;
const STOPPED_WITHIN_MS = 8_000;
const ACCOUNTS = ["growth", "income", "ira"] as const;
const STATE = "/var/lib/alpaca-trader";

/** What the test changes of the compose file: the image is there, and nothing needs the network. */
const OVERRIDE = (image: string): string => `services:
  fleet:
    image: ${image}
    network_mode: none
    healthcheck:
      interval: 1s
      start_period: 1s
`;

/** Three accounts of the simulator in the service of compose.fleet.yaml. */
export class FleetCompose {
  readonly #image: string;
  readonly #project: string;
  readonly #override: string;

  /** @param project directory of the project's files. */
  constructor(image: string, project: string, directory: string) {
    this.#image = image;
    this.#project = project;
    this.#override = join(directory, "fleet-test.yaml");
  }

  accountsAdded(): Promise<string> {
    writeFileSync(this.#override, OVERRIDE(this.#image));
    writeFileSync(join(this.#project, "fleet.env"), "ALERTS_TIMEZONE=Asia/Kolkata\n", { mode: 0o600 });
    const said = ACCOUNTS.map((name) => {
      const input = name === "ira" ? "FLEET_CANARY=on\n" : "FLEET_GROUP=family\n";
      const ran = this.#compose(["run", "--rm", "-T", "fleet", "fleet", "add", name, "--from-env", "/dev/stdin"], input);
      expectThat(ran.status === 0 && ran.output.includes(`${name} is in the fleet.`), ran.output);
      return name;
    });
    return Promise.resolve(said.join(", "));
  }

  async starts(): Promise<string> {
    const from = systemClock.monotonic();
    const up = this.#compose(["up", "-d", "--no-build"]);
    expectThat(up.status === 0, up.output);
    await this.#says(/Ready: simulator: 3 of 3 accounts watch for alerts/);
    const ready = took(from);
    await eventually(
      () => Promise.resolve(this.#inspect("{{.State.Health.Status}}") === "healthy" ? true : undefined),
      LIMIT_MS,
      () => this.#logs(),
    );
    const mounts = this.#inspect("{{range .Mounts}}{{.Destination}} {{end}}");
    expectThat(mounts.includes(STATE), mounts);
    return `ready ${ready} after up, and healthy`;
  }

  async trades(legs: readonly Leg[] = NUCLEAR, orders = 3): Promise<string> {
    const from = systemClock.monotonic();
    this.#alert(legs);
    await this.#onTarget(orders);
    return `${String(orders)} orders in each of ${String(ACCOUNTS.length)} accounts, ${took(from)}`;
  }

  /** Kills the daemon below tini right after an alert. */
  async killed(): Promise<string> {
    const moment = new Date(systemClock.now()).toISOString();
    const tini = this.#inspect("{{.State.Pid}}");
    const pid = runWell("cat", [`/proc/${tini}/task/${tini}/children`]).trim();
    this.#alert(HEDGE);
    await this.#says(/Signal of nuclear: UVXY/);
    runWell("kill", ["-KILL", pid]);
    await eventually(
      () => Promise.resolve(Number(this.#inspect("{{.RestartCount}}")) > 0 ? true : undefined),
      LIMIT_MS,
      () => this.#logs(),
    );
    await this.#says(/Ready: simulator: 3 of 3 accounts watch for alerts/, moment);
    await this.#onTarget(5);
    return "started again by its policy; 5 orders in each account";
  }

  stops(): Promise<string> {
    const from = systemClock.monotonic();
    const stopped = this.#compose(["stop"]);
    const after = took(from);
    expectThat(stopped.status === 0 && systemClock.monotonic() - from <= STOPPED_WITHIN_MS, `${after}\n${stopped.output}\n${this.#logs()}`);
    const status = this.#inspect("{{.State.ExitCode}}");
    expectThat(status === "0", `It ended with ${status}:\n${this.#logs()}`);
    return Promise.resolve(after);
  }

  remove(): void {
    this.#compose(["down", "--volumes", "--timeout", "1"]);
  }

  #alert(legs: readonly Leg[]): void {
    const script = "cat >> /alerts/nuclear_alerts.json";
    const strategy = ["--rm", "-i", "--network=none", "-v", `${NAME}_alerts:/alerts`, "--entrypoint=sh", this.#image, "-c", script];
    runWell("docker", ["run", ...strategy], { input: runOf(legs, systemClock.now()) });
  }

  /** Every account has reached its target for the newest signal, with as many orders in its ledger. */
  async #onTarget(orders: number): Promise<void> {
    let said = "";
    await eventually(
      () => {
        const { output } = this.#compose(["exec", "-T", "fleet", "alpaca-trader", "fleet", "report", "--json"]);
        said = output;
        const isDone = ACCOUNTS.every((name) =>
          new RegExp(`"account": "${name}",\\s+"standing": "on-target",\\s+"reason": "",\\s+"orders": ${String(orders)},`).test(output),
        );
        return Promise.resolve(isDone ? true : undefined);
      },
      LIMIT_MS,
      () => `${said}\n${this.#logs()}`,
    );
  }

  async #says(pattern: RegExp, since = "1970-01-01T00:00:00Z"): Promise<void> {
    await eventually(
      () => Promise.resolve(pattern.test(run("docker", ["logs", "--since", since, this.#container()]).output) ? true : undefined),
      LIMIT_MS,
      () => `${String(pattern)} is not in its log:\n${this.#logs()}`,
    );
  }

  #logs(): string {
    return run("docker", ["logs", "--tail", "60", this.#container()]).output;
  }

  #inspect(format: string): string {
    return runWell("docker", ["inspect", "-f", format, this.#container()]).trim();
  }

  #container(): string {
    return this.#compose(["ps", "-q", "fleet"]).output.trim();
  }

  #compose(words: readonly string[], input = ""): Ran {
    const [program = "", ...plugin] = composeCommand();
    return run(program, [...plugin, "-p", NAME, "-f", "compose.fleet.yaml", "-f", this.#override, ...words], { cwd: this.#project, input });
  }
}

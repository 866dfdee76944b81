import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf, type Leg } from "../scenarios/strategy.ts";
import { eventually, expectThat, took } from "./checks.ts";
import { BASE, composeCommand } from "./engine.ts";
import { run, runWell, type Ran } from "./shell.ts";
import { VenueProbe } from "./venue-probe.ts";

const NAME = "alpaca-trader-test-machines";
const IMAGE = "alpaca-trader-fleet:test";
const POSTGRES = "alpaca-trader-test-postgres";
const VENUE = "alpaca-trader-test-venues";
const FILE = "compose.fleet-database.yaml";
const DATABASE_PORT = 18_801;
const VENUE_PORT = 18_802;
const DASHBOARD_PORT = 18_803;
const TOKEN = "database-token-0123456789";
const PASSWORD = "hunter2-0123456789";
const LIMIT_MS = 60_000;
/** A worker that is killed is given up after ten seconds. */
const TAKEOVER_LIMIT_MS = 60_000;
const STOPPED_WITHIN_MS = 8_000;
const MEBIBYTE = 2 ** 20;
/** What the packages of a fleet with a database may add. */
const PACKAGES_MIB = 20;
const PACKAGES: readonly string[] = ["age-encryption", "pg", "pg-boss"];
const ACCOUNTS = ["growth", "income", "ira"] as const;
const MACHINES = ["intake", "worker-1", "worker-2"] as const;

/** Where no registry answers: Debian's PostgreSQL, started as the official image starts its own. */
const DEBIAN_POSTGRES = `FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
RUN printf '%s\\n' '#!/bin/sh' 'set -e' 'cd /tmp' 'bin=$(echo /usr/lib/postgresql/*/bin)' 'data=/var/lib/postgresql/data' \\
  'mkdir -p $data && chown postgres $data' \\
  'if [ ! -e $data/PG_VERSION ]; then echo "$POSTGRES_PASSWORD" > /tmp/pw && chown postgres /tmp/pw' \\
  '  su postgres -c "$bin/initdb -D $data -E UTF8 --no-locale -U $POSTGRES_USER -A scram-sha-256 --pwfile=/tmp/pw" && rm /tmp/pw' \\
  '  su postgres -c "$bin/postgres --single -D $data postgres" <<< "CREATE DATABASE $POSTGRES_DB;" || true; fi' \\
  'exec setpriv --reuid=postgres --regid=postgres --init-groups $bin/postgres -D $data "$@"' > /usr/local/bin/start \\
  && sed -i '1s/sh$/bash/' /usr/local/bin/start && chmod +x /usr/local/bin/start
ENTRYPOINT ["/usr/local/bin/start"]
`;

type Service = Record<string, unknown> & { environment: Record<string, string> };

/** The services of compose.fleet-database.yaml, with three accounts of a simulator beside them. */
export class DatabaseCompose {
  readonly #single: string;
  readonly #project: string;
  readonly #venues = ACCOUNTS.map((name) => new VenueProbe(`http://127.0.0.1:${String(VENUE_PORT)}`, keyOf(name)));

  /** @param single the image of the single daemon. @param project directory of the project's files. */
  constructor(single: string, project: string) {
    this.#single = single;
    this.#project = project;
  }

  built(): Promise<string> {
    runWell("docker", ["build", "--network=host", "-q", "--build-arg", "FLEET_DATABASE=yes", "-t", IMAGE, this.#project]);
    const mebibytes = (image: string): number => Number(runWell("docker", ["image", "inspect", "-f", "{{.Size}}", image])) / MEBIBYTE;
    const more = mebibytes(IMAGE) - mebibytes(this.#single);
    const text = `${more.toFixed(1)} MiB more than the single daemon's`;
    expectThat(more <= PACKAGES_MIB, `${text}, which may be ${String(PACKAGES_MIB)}`);
    const has = (image: string): string[] =>
      runWell("docker", ["run", "--rm", "--network=none", "--entrypoint=ls", image, "node_modules"])
        .split("\n")
        .filter((name) => PACKAGES.includes(name));
    expectThat(has(this.#single).length === 0, `The single image has ${has(this.#single).join(", ")}.`);
    expectThat(has(IMAGE).length === PACKAGES.length, `Of the packages it has only ${has(IMAGE).join(", ")}.`);
    return Promise.resolve(text);
  }

  async prepared(): Promise<string> {
    const database = this.#providePostgres();
    this.#writeFiles();
    runWell("docker", [
      ...["run", "-d", "--name", VENUE, "--network=host", this.#single, "simulator", "--account-per-key", "--port", String(VENUE_PORT)],
      ...["--latency", "300", "--fill-latency", "600", "--partial-fills", "0"],
    ]);
    this.#well(["up", "-d", "--no-build", "database"]);
    await eventually(
      () =>
        Promise.resolve(this.#compose(["run", "--rm", "-T", "admin", "fleet", "database", "--migrate"]).status === 0 ? true : undefined),
      LIMIT_MS,
      () => this.#compose(["logs", "--tail", "40", "database"]).output,
    );
    this.#well(["run", "--rm", "-T", "admin", "fleet", "rekey", "--new", "/var/lib/alpaca-trader/fleet-identity"]);
    for (const name of ACCOUNTS) {
      const keys = `ALPACA_PAPER_KEY=${keyOf(name)}\nALPACA_PAPER_SECRET=secret-of-${name}\n`;
      const said = this.#well(["run", "--rm", "-T", "admin", "fleet", "add", name, "--from-env", "/dev/stdin"], keys);
      expectThat(said.includes(`${name} is in the fleet.`), said);
    }
    return `${database}; ${ACCOUNTS.join(", ")}`;
  }

  async starts(): Promise<string> {
    const from = systemClock.monotonic();
    this.#well(["up", "-d", "--no-build"]);
    for (const service of MACHINES)
      await eventually(
        () => Promise.resolve(this.#inspect(service, "{{.State.Health.Status}}") === "healthy" ? true : undefined),
        LIMIT_MS,
        () => this.#logs(service),
      );
    const environment = this.#inspect("intake", "{{json .Config.Env}}{{json .Mounts}}");
    expectThat(!environment.includes("/keys"), `The intake has the identity: ${environment}`);
    const examined = this.#compose(["run", "--rm", "-T", "admin", "fleet", "doctor"]);
    expectThat(examined.status === 0 && examined.output.includes("All 3 accounts can trade."), examined.output);
    return `all healthy after ${took(from)}`;
  }

  async trades(legs: readonly Leg[] = NUCLEAR, orders = 3): Promise<string> {
    const from = systemClock.monotonic();
    const before = await this.#orders();
    this.#alert(legs);
    await this.#filled(before, orders);
    await this.#onTarget();
    return `${String(orders)} orders in each of ${String(ACCOUNTS.length)} accounts, ${took(from)}`;
  }

  /** Kills a worker that has begun, for good: as if its machine were lost. */
  async killed(): Promise<string> {
    const before = await this.#orders();
    this.#alert(HEDGE);
    await eventually(
      async () => ((await this.#orders()).some((count, index) => count > (before[index] ?? 0)) ? true : undefined),
      LIMIT_MS,
      () => this.#logs("worker-1"),
    );
    const from = systemClock.monotonic();
    const lost = this.#busiest();
    runWell("docker", ["kill", "-s", "KILL", this.#container(lost)]);
    await this.#filled(before, 5, TAKEOVER_LIMIT_MS);
    await this.#onTarget();
    for (const [index, venue] of this.#venues.entries()) {
      const orders = (await venue.orders()).slice(before[index]);
      expectThat(orders.length === 5 && new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
    }
    const detail = `${lost} lost; 5 orders in each account, ${took(from)} after the kill`;
    this.#well(["up", "-d", "--no-build"]);
    return detail;
  }

  async databaseStopped(): Promise<string> {
    this.#well(["kill", "-s", "KILL", "database"]);
    await this.#says("worker-1", /does not answer/);
    const refused = this.#compose(["run", "--rm", "-T", "--no-deps", "admin", "fleet", "status"]);
    expectThat(refused.status === 1 && !refused.output.includes(PASSWORD), refused.output);
    this.#well(["up", "-d", "--no-build", "database"]);
    await this.#says("worker-1", /database answers again/);
    return this.trades(NUCLEAR, 5);
  }

  async shown(): Promise<string> {
    const address = `http://127.0.0.1:${String(DASHBOARD_PORT)}`;
    const headers = { Authorization: `Bearer ${TOKEN}` };
    for (const path of ["/fleet", "/fleet/api", "/fleet/growth/", "/metrics", "/healthz"]) {
      const answer = await fetch(`${address}${path}`, { headers });
      const text = await answer.text();
      expectThat(answer.status === 200, `${path} answers ${String(answer.status)}: ${text.slice(0, 300)}`);
      for (const name of ACCOUNTS) expectThat(!text.includes(`secret-of-${name}`) && !text.includes(keyOf(name)), `${path} shows a key.`);
    }
    const { status } = await fetch(`${address}/fleet/api`);
    expectThat(status === 401, `Without the token it answers ${String(status)}.`);
    return "page, data, an account, metrics, health";
  }

  stops(): Promise<string> {
    const from = systemClock.monotonic();
    this.#well(["stop", ...MACHINES]);
    const after = took(from);
    expectThat(systemClock.monotonic() - from <= STOPPED_WITHIN_MS, after);
    for (const service of MACHINES) {
      const status = this.#inspect(service, "{{.State.ExitCode}}");
      expectThat(status === "0", `${service} ended with ${status}:\n${this.#logs(service)}`);
      for (const secret of [PASSWORD, ...ACCOUNTS.map((name) => `secret-of-${name}`)])
        expectThat(!run("docker", ["logs", this.#container(service)]).output.includes(secret), `${secret} is in the log of ${service}.`);
    }
    return Promise.resolve(after);
  }

  remove(): void {
    this.#compose(["down", "--volumes", "--timeout", "1"]);
    run("docker", ["rm", "-f", VENUE]);
    run("docker", ["rmi", "-f", IMAGE, POSTGRES]);
  }

  /** Written anew as the test runs it: the image is there, and everything is on this machine's network. */
  #writeFiles(): void {
    const compose = parse(readFileSync(join(this.#project, FILE), "utf8"), { merge: true }) as {
      services: Record<string, Service>;
    };
    const { database, ...others } = compose.services;
    const services = Object.fromEntries(
      Object.entries(others).map(([name, { build: _build, ports: _ports, ...service }]) => [
        name,
        {
          ...service,
          image: IMAGE,
          network_mode: "host",
          healthcheck: { interval: "1s", start_period: "1s" },
          environment: {
            ...service.environment,
            ...(name === "intake" ? { DASHBOARD_PORT: String(DASHBOARD_PORT), DASHBOARD_HOST: "127.0.0.1" } : {}),
          },
        },
      ]),
    );
    const server = { ...database, image: POSTGRES, network_mode: "host", command: ["-c", `port=${String(DATABASE_PORT)}`] };
    writeFileSync(join(this.#project, "machines-test.yaml"), JSON.stringify({ ...compose, services: { ...services, database: server } }));
    writeFileSync(join(this.#project, "database.env"), `POSTGRES_PASSWORD=${PASSWORD}\n`, { mode: 0o600 });
    const settings = [
      "TRADING_MODE=paper",
      "ALERTS_TIMEZONE=Asia/Kolkata",
      `ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(VENUE_PORT)}`,
      `FLEET_DATABASE=postgresql://fleet:${PASSWORD}@127.0.0.1:${String(DATABASE_PORT)}/fleet`,
      `DASHBOARD_TOKEN=${TOKEN}`,
    ];
    writeFileSync(join(this.#project, "fleet.env"), `${settings.join("\n")}\n`, { mode: 0o600 });
  }

  #providePostgres(): string {
    const { services } = parse(readFileSync(join(this.#project, FILE), "utf8"), { merge: true }) as { services: Record<string, Service> };
    const official = String(services.database?.image);
    if (run("docker", ["pull", "-q", official]).status === 0) {
      runWell("docker", ["tag", official, POSTGRES]);
      return official;
    }
    runWell("docker", ["build", "--network=host", "-q", "-t", POSTGRES, "-"], { input: DEBIAN_POSTGRES });
    return "Debian's PostgreSQL";
  }

  #alert(legs: readonly Leg[]): void {
    const script = "cat >> /alerts/nuclear_alerts.json";
    const strategy = ["--rm", "-i", "--network=none", "-v", `${NAME}_alerts:/alerts`, "--entrypoint=sh", IMAGE, "-c", script];
    runWell("docker", ["run", ...strategy], { input: runOf(legs, systemClock.now()) });
  }

  /** How many orders each account has had. */
  #orders(): Promise<number[]> {
    return Promise.all(this.#venues.map(async (venue) => (await venue.orders()).length));
  }

  async #filled(before: readonly number[], orders: number, limitMs = LIMIT_MS): Promise<void> {
    await eventually(
      async () => {
        const filled = await Promise.all(this.#venues.map((venue, index) => venue.filled((before[index] ?? 0) + orders)));
        return filled.every(Boolean) ? true : undefined;
      },
      limitMs,
      () => MACHINES.map((service) => this.#logs(service)).join("\n"),
    );
  }

  async #onTarget(): Promise<void> {
    let said: Ran = { status: -1, output: "" };
    await eventually(
      () => {
        said = this.#compose(["run", "--rm", "-T", "admin"]);
        return Promise.resolve(said.status === 0 && said.output.includes("on target 3") ? true : undefined);
      },
      LIMIT_MS,
      () => said.output,
    );
  }

  /** The worker that has taken the most accounts lately. */
  #busiest(): (typeof MACHINES)[number] {
    const connected = (service: string): number => this.#logs(service).match(/is connected/g)?.length ?? 0;
    return connected("worker-1") >= connected("worker-2") ? "worker-1" : "worker-2";
  }

  async #says(service: string, pattern: RegExp): Promise<void> {
    await eventually(
      () => Promise.resolve(pattern.test(this.#logs(service)) ? true : undefined),
      LIMIT_MS,
      () => `${String(pattern)} is not in its log:\n${this.#logs(service)}`,
    );
  }

  #logs(service: string): string {
    return run("docker", ["logs", "--tail", "60", this.#container(service)]).output;
  }

  #inspect(service: string, format: string): string {
    return runWell("docker", ["inspect", "-f", format, this.#container(service)]).trim();
  }

  #container(service: string): string {
    return this.#compose(["ps", "-q", service]).output.trim();
  }

  #well(words: readonly string[], input = ""): string {
    const { status, output } = this.#compose(words, input);
    expectThat(status === 0, `${words.join(" ")}: ${output}`);
    return output;
  }

  #compose(words: readonly string[], input = ""): Ran {
    const [program = "", ...plugin] = composeCommand();
    return run(program, [...plugin, "-p", NAME, "-f", "machines-test.yaml", ...words], { cwd: this.#project, input });
  }
}

function keyOf(account: string): string {
  return `PKDB${account.toUpperCase()}`;
}

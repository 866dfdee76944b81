import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { serviceManager } from "../../src/supervision/service-manager.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { RecordingLog } from "../notifications/recording-service.ts";

const SYSTEMD = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "42" };

class Supervised {
  readonly clock = new VirtualClock(0);
  readonly log = new RecordingLog();
  readonly said: string[] = [];
  failure: Error | undefined;

  manager(env: Record<string, string> = SYSTEMD) {
    return serviceManager({
      env,
      pid: 42,
      clock: this.clock,
      log: this.log,
      notify: async (assignments) => {
        await this.clock.sleep(10);
        if (this.failure !== undefined) throw this.failure;
        this.said.push(assignments.join(" "));
      },
    });
  }
}

describe("systemd receives", () => {
  test("updates of one turn in one message, and of later ones only the newest", async () => {
    const supervised = new Supervised();
    const manager = supervised.manager();
    manager.ready();
    manager.status("connecting");
    await supervised.clock.advance(5);
    for (const text of ["one", "two", "three"]) manager.status(text);
    manager.stopping();
    await supervised.clock.until(manager.close());
    expect(supervised.said).toEqual(["READY=1 STATUS=connecting", "STATUS=three STOPPING=1"]);
  });

  test("a status on one line, and only when it changes", async () => {
    const supervised = new Supervised();
    const manager = supervised.manager();
    manager.status("broken\nREADY=1");
    await supervised.clock.advance(100);
    manager.status("broken\nREADY=1");
    await supervised.clock.advance(100);
    expect(supervised.said).toEqual(["STATUS=broken READY=1"]);
  });

  test("three pings per watchdog period while alive, and none otherwise", async () => {
    const supervised = new Supervised();
    const manager = supervised.manager();
    let alive = true;
    manager.watch(() => alive);
    await supervised.clock.advance(30_100);
    expect(supervised.said).toEqual(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    alive = false;
    await supervised.clock.advance(60_000);
    expect(supervised.said).toHaveLength(4);
    await supervised.clock.until(manager.close());
    expect(supervised.clock.pending).toBe(0);
  });

  test.each([
    ["without a watchdog", { NOTIFY_SOCKET: "/x" }],
    ["with a watchdog meant for another process", { ...SYSTEMD, WATCHDOG_PID: "41" }],
    ["with a watchdog that makes no sense", { ...SYSTEMD, WATCHDOG_USEC: "soon" }],
  ])("no pings %s", async (_when, env) => {
    const supervised = new Supervised();
    supervised.manager(env).watch(() => true);
    await supervised.clock.advance(120_000);
    expect(supervised.said).toEqual([]);
  });

  test("nothing at all outside systemd", async () => {
    const supervised = new Supervised();
    for (const env of [{}, { NOTIFY_SOCKET: "" }]) {
      const manager = supervised.manager(env);
      manager.ready();
      manager.watch(() => true);
      expect(manager.listening).toBe(false);
      await manager.close();
    }
    expect(supervised.clock.pending).toBe(0);
    expect(supervised.said).toEqual([]);
  });

  test("a repeated message after a failure, which is logged once", async () => {
    const supervised = new Supervised();
    const manager = supervised.manager();
    supervised.failure = new Error("spawn systemd-notify ENOENT");
    for (const text of ["one", "two"]) {
      manager.status(text);
      await supervised.clock.advance(100);
    }
    supervised.failure = undefined;
    manager.status("three");
    await supervised.clock.until(manager.close());
    expect(supervised.said).toEqual(["STATUS=three"]);
    expect(supervised.log.seen).toEqual(["warn systemd cannot be notified (STATUS=one): spawn systemd-notify ENOENT"]);
  });
});

/** `systemd-notify` in a few lines, for machines without systemd: one datagram, one assignment per line. */
const STAND_IN = `#!/usr/bin/env perl
use Socket;
socket(my $out, PF_UNIX, SOCK_DGRAM, 0) or die $!;
send($out, join("\\n", @ARGV), 0, sockaddr_un($ENV{NOTIFY_SOCKET})) or die $!;
`;
const LISTENER = `use Socket; $| = 1;
socket(my $in, PF_UNIX, SOCK_DGRAM, 0) or die $!; bind($in, sockaddr_un($ARGV[0])) or die $!; print "bound\\n";
while (defined recv($in, my $text, 65536, 0)) { $text =~ s/\\n/ /g; print "$text\\n"; }`;

test("messages over a real datagram socket, through the systemd-notify in PATH, with nothing else of our environment", async () => {
  const directory = mkdtempSync(join(tmpdir(), "systemd-"));
  const socket = join(directory, "notify");
  writeFileSync(join(directory, "systemd-notify"), STAND_IN, { mode: 0o755 });
  const listener = spawn("perl", ["-e", LISTENER, socket], { stdio: ["ignore", "pipe", "inherit"] });
  const heard: string[] = [];
  listener.stdout.setEncoding("utf8").on("data", (text: string) => heard.push(...text.split("\n").filter((line) => line !== "")));
  try {
    while (!heard.includes("bound")) await once(listener.stdout, "data");
    const log = new RecordingLog();
    const env = { PATH: `${directory}:${process.env.PATH ?? ""}`, NOTIFY_SOCKET: socket, ALPACA_KEY: "never handed on" };
    const manager = serviceManager({ env, pid: process.pid, clock: systemClock, log });
    manager.ready();
    manager.status("watching; market open");
    await manager.close();
    while (heard.length < 2) await once(listener.stdout, "data");
    expect(heard).toEqual(["bound", "READY=1 STATUS=watching; market open"]);
    expect(log.lines).toEqual([]);
  } finally {
    listener.kill("SIGKILL");
    await once(listener, "close");
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a machine without systemd-notify gets a warning and nothing else", async () => {
  const log = new RecordingLog();
  const manager = serviceManager({ env: { PATH: "/nowhere", NOTIFY_SOCKET: "/nowhere/notify" }, pid: 1, clock: systemClock, log });
  manager.ready();
  await manager.close();
  expect(log.seen).toEqual([expect.stringMatching(/^warn systemd cannot be notified \(READY=1\): .*ENOENT/)]);
});

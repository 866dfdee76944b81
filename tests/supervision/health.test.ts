import { describe, expect, test } from "@jest/globals";
import type { HealthParts } from "../../src/supervision/health.ts";
import { health } from "../../src/supervision/health.ts";
import type { LivenessRecord } from "../../src/supervision/liveness-file.ts";

const SIGN: LivenessRecord = { pid: 7, startedAt: "1234", beat: 40, at: 1_000 };
const RUNNING = { startedAt: "1234", stopped: false };

class Container {
  readonly killed: number[] = [];
  readonly slept: number[] = [];
  signs: (LivenessRecord | undefined)[] = [SIGN];
  process: ReturnType<HealthParts["processOf"]> = RUNNING;
  uptime = 1_001;

  check() {
    return health({
      sign: () => (this.signs.length > 1 ? this.signs.shift() : this.signs[0]),
      processOf: (pid) => (pid === SIGN.pid ? this.process : undefined),
      uptime: () => this.uptime,
      sleep: (ms) => {
        this.slept.push(ms);
        this.uptime += ms / 1_000;
        return Promise.resolve();
      },
      end: (pid) => this.killed.push(pid),
    });
  }
}

describe("the health check of the image", () => {
  test("finds a daemon healthy at once if it updated within 30 s", async () => {
    const container = new Container();
    container.uptime = 1_029.9;
    expect(await container.check()).toEqual({ healthy: true, text: "The daemon (pid 7) is alive." });
    expect(container.slept).toEqual([]);
  });

  test("kills one that has not updated for 30 s, nor at the second check", async () => {
    const container = new Container();
    container.uptime = 1_030;
    expect(await container.check()).toEqual({
      healthy: false,
      text: "The daemon (pid 7) has not reported as alive for 33 s: it hangs. Killing it (SIGKILL), so that the container's restart policy starts another.",
    });
    expect(container.killed).toEqual([7]);
    expect(container.slept).toEqual([3_500]);
  });

  test("leaves one alone that slept with the machine and updates again", async () => {
    const container = new Container();
    container.uptime = 90_000;
    container.signs = [SIGN, { ...SIGN, beat: 41, at: 90_001 }];
    expect(await container.check()).toMatchObject({ healthy: true });
    expect(container.killed).toEqual([]);
  });

  test("leaves a stopped one alone, and reports it unhealthy", async () => {
    const container = new Container();
    container.uptime = 2_000;
    container.process = { startedAt: "1234", stopped: true };
    expect(await container.check()).toEqual({
      healthy: false,
      text: "The daemon (pid 7) is stopped by a signal or held by a debugger, so it is left alone.",
    });
    expect(container.killed).toEqual([]);
  });

  test.each([
    ["is gone", undefined],
    ["has left its number to another process", { startedAt: "9999", stopped: false }],
  ])("kills nothing when the daemon %s", async (_case, process) => {
    const container = new Container();
    container.uptime = 2_000;
    container.process = process;
    expect(await container.check()).toEqual({ healthy: false, text: "The daemon (pid 7) is gone." });
    expect(container.killed).toEqual([]);
  });

  test("kills nothing when the daemon ends before the second check", async () => {
    const container = new Container();
    container.uptime = 2_000;
    container.signs = [SIGN, undefined];
    expect(await container.check()).toMatchObject({ healthy: false, text: "No daemon reports as alive in this container." });
    expect(container.killed).toEqual([]);
  });

  test("says so when there is no liveness file", async () => {
    const container = new Container();
    container.signs = [undefined];
    expect(await container.check()).toEqual({ healthy: false, text: "No daemon reports as alive in this container." });
  });
});

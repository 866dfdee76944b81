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
  test("finds a daemon healthy that has given a sign within 30 s, at once", async () => {
    const container = new Container();
    container.uptime = 1_029.9;
    expect(await container.check()).toEqual({ healthy: true, text: "The daemon (pid 7) lives." });
    expect(container.slept).toEqual([]);
  });

  test("ends one that has given none for 30 s, and none while it is looked at again", async () => {
    const container = new Container();
    container.uptime = 1_030;
    expect(await container.check()).toEqual({
      healthy: false,
      text: "The daemon (pid 7) has given no sign of life for 33 s: it hangs. It is ended (SIGKILL), for the container's restart policy to start another.",
    });
    expect(container.killed).toEqual([7]);
    expect(container.slept).toEqual([3_500]);
  });

  test("leaves one alone that has slept with the machine, and gives signs again", async () => {
    const container = new Container();
    container.uptime = 90_000;
    container.signs = [SIGN, { ...SIGN, beat: 41, at: 90_001 }];
    expect(await container.check()).toMatchObject({ healthy: true });
    expect(container.killed).toEqual([]);
  });

  test("leaves one alone that somebody has stopped, and calls it unhealthy", async () => {
    const container = new Container();
    container.uptime = 2_000;
    container.process = { startedAt: "1234", stopped: true };
    expect(await container.check()).toEqual({
      healthy: false,
      text: "The daemon (pid 7) is stopped by a signal or held by a debugger, and so left alone.",
    });
    expect(container.killed).toEqual([]);
  });

  test.each([
    ["is gone", undefined],
    ["has left its number to another process", { startedAt: "9999", stopped: false }],
  ])("kills nobody when the daemon %s", async (_case, process) => {
    const container = new Container();
    container.uptime = 2_000;
    container.process = process;
    expect(await container.check()).toEqual({ healthy: false, text: "The daemon (pid 7) is gone." });
    expect(container.killed).toEqual([]);
  });

  test("kills nobody when the daemon ends while it is looked at again", async () => {
    const container = new Container();
    container.uptime = 2_000;
    container.signs = [SIGN, undefined];
    expect(await container.check()).toMatchObject({ healthy: false, text: "No daemon gives signs of life in this container." });
    expect(container.killed).toEqual([]);
  });

  test("says so when there is no sign at all", async () => {
    const container = new Container();
    container.signs = [undefined];
    expect(await container.check()).toEqual({ healthy: false, text: "No daemon gives signs of life in this container." });
  });
});

import { describe, expect, test } from "@jest/globals";
import { Heartbeat } from "../../src/notifications/heartbeat.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Deed } from "./recording-service.ts";
import { NOW, RecordingLog, RecordingService, refusedConnection } from "./recording-service.ts";

const URL_ = "https://hc-ping.com/0123456789abcdef?create=1";
const FAIL = "https://hc-ping.com/0123456789abcdef/fail?create=1";

class Watched {
  readonly clock = new VirtualClock(NOW);
  readonly log = new RecordingLog();
  readonly service: RecordingService;
  readonly heartbeat: Heartbeat;
  problem: string | undefined;

  constructor(...deeds: Deed[]) {
    this.service = new RecordingService(...deeds);
    this.heartbeat = new Heartbeat({
      url: URL_,
      clock: this.clock,
      fetch: this.service.fetch,
      log: this.log,
      redact: (text) => text.replaceAll("SECRET", "[redacted]"),
      problem: () => this.problem,
    });
  }

  get beats(): string[] {
    return this.service.asked.map(({ method, url }) => `${method} ${url}`);
  }
}

describe("the heartbeat", () => {
  test("beats at once and then every minute while all is well", async () => {
    const watched = new Watched();
    watched.heartbeat.start();
    await watched.clock.advance(130_000);
    expect(watched.beats).toEqual([`GET ${URL_}`, `GET ${URL_}`, `GET ${URL_}`]);
    watched.heartbeat.close();
    await watched.clock.advance(600_000);
    expect(watched.beats).toHaveLength(3);
  });

  test("reports a problem while it lasts, but not right after a start", async () => {
    const watched = new Watched();
    watched.problem = "The account cannot be read with SECRET.";
    watched.heartbeat.start();
    await watched.clock.advance(59_000);
    expect(watched.beats).toEqual([]);
    await watched.clock.advance(2_000);
    watched.problem = undefined;
    await watched.clock.advance(60_000);
    expect(watched.beats).toEqual([`POST ${FAIL}`, `GET ${URL_}`]);
    expect(watched.service.asked[0]?.body).toBe("The account cannot be read with [redacted].");
    watched.heartbeat.close();
  });

  test("reports the reason at the end", async () => {
    const watched = new Watched();
    watched.heartbeat.start();
    await watched.clock.until(watched.heartbeat.fail("The disk is full."));
    expect(watched.beats).toEqual([`GET ${URL_}`, `POST ${FAIL}`]);
    watched.heartbeat.close();
    expect(watched.clock.pending).toBe(0);
  });

  test("does not pile up requests to a hanging monitor, and warns once", async () => {
    const watched = new Watched("silent", refusedConnection(), refusedConnection(), { status: 200 });
    watched.heartbeat.start();
    await watched.clock.advance(14_000);
    watched.heartbeat.start();
    expect(watched.beats).toHaveLength(1);
    await watched.clock.advance(4 * 60_000);
    expect(watched.log.seen).toEqual([
      "warn The heartbeat cannot reach hc-ping.com: no answer within 15 s.",
      "info The heartbeat reaches hc-ping.com again.",
    ]);
    watched.heartbeat.close();
    expect(watched.clock.pending).toBe(0);
  });
});

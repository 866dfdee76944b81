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
  ailment: string | undefined;

  constructor(...deeds: Deed[]) {
    this.service = new RecordingService(...deeds);
    this.heartbeat = new Heartbeat({
      url: URL_,
      clock: this.clock,
      fetch: this.service.fetch,
      log: this.log,
      redact: (text) => text.replaceAll("SECRET", "[redacted]"),
      ailment: () => this.ailment,
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

  test("says what is wrong while something is, but not in the first moments of a start", async () => {
    const watched = new Watched();
    watched.ailment = "The account cannot be read with SECRET.";
    watched.heartbeat.start();
    await watched.clock.advance(59_000);
    expect(watched.beats).toEqual([]);
    await watched.clock.advance(2_000);
    watched.ailment = undefined;
    await watched.clock.advance(60_000);
    expect(watched.beats).toEqual([`POST ${FAIL}`, `GET ${URL_}`]);
    expect(watched.service.asked[0]?.body).toBe("The account cannot be read with [redacted].");
    watched.heartbeat.close();
  });

  test("says at the end why it is over", async () => {
    const watched = new Watched();
    watched.heartbeat.start();
    await watched.clock.until(watched.heartbeat.fail("The disk is full."));
    expect(watched.beats).toEqual([`GET ${URL_}`, `POST ${FAIL}`]);
    watched.heartbeat.close();
    expect(watched.clock.pending).toBe(0);
  });

  test("does not pile up in front of a watcher that hangs, and says once that it is not heard", async () => {
    const watched = new Watched("silent", refusedConnection(), refusedConnection(), { status: 200 });
    watched.heartbeat.start();
    await watched.clock.advance(14_000);
    watched.heartbeat.start();
    expect(watched.beats).toHaveLength(1);
    await watched.clock.advance(4 * 60_000);
    expect(watched.log.seen).toEqual([
      "warn The heartbeat does not reach hc-ping.com: no answer within 15 s.",
      "info The heartbeat reaches hc-ping.com again.",
    ]);
    watched.heartbeat.close();
    expect(watched.clock.pending).toBe(0);
  });
});

import { describe, expect, test } from "@jest/globals";
import type { DeliveryState } from "../../src/ledger/outbox.ts";
import { channelsOf } from "../../src/notifications/channels.ts";
import { Sender } from "../../src/notifications/sender.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Deed } from "./recording-service.ts";
import { message, NOW, RecordingLog, RecordingService, refusedConnection } from "./recording-service.ts";

const SECRET = "https://example.org/hook/0123456789abcdef";

class Round {
  readonly clock = new VirtualClock(NOW);
  readonly log = new RecordingLog();
  readonly marks: string[] = [];
  readonly service: RecordingService;
  readonly sender: Sender;

  constructor(...deeds: Deed[]) {
    this.service = new RecordingService(...deeds);
    const [channel] = channelsOf({ level: "info", webhook: { url: SECRET, kind: "json" }, telegram: undefined, heartbeatUrl: undefined });
    const outbox = { mark: (id: number, _channel: string, state: DeliveryState) => void this.marks.push(`${String(id)} ${state}`) };
    const redact = (text: string): string => text.replaceAll(SECRET, "[redacted]");
    this.sender = new Sender(channel!, { clock: this.clock, fetch: this.service.fetch, log: this.log, outbox, redact });
  }

  take(...titles: string[]): void {
    titles.forEach((title, index) => this.sender.take(message({ title, at: this.clock.now() }), index + 1));
  }
}

describe("a sender", () => {
  test("sends messages one after the other, in order", async () => {
    const round = new Round();
    round.take("one", "two", "three");
    expect(round.service.asked).toEqual([]);
    await round.clock.advance(0);
    expect(round.service.titles).toEqual(["one", "two", "three"]);
    expect(round.marks).toEqual(["1 sending", "1 sent", "2 sending", "2 sent", "3 sending", "3 sent"]);
    expect(round.log.lines).toEqual([]);
    expect(round.clock.pending).toBe(0);
  });

  test("retries after pauses that double up to five minutes, warns once, and reports the recovery once", async () => {
    const round = new Round(...Array.from({ length: 10 }, refusedConnection), { status: 204 });
    round.take("one");
    const at: number[] = [];
    for (let second = 0; second < 1_200; second++) {
      const before = round.service.asked.length;
      await round.clock.advance(1_000);
      if (round.service.asked.length > before) at.push(second);
    }
    expect(at).toEqual([0, 1, 5, 13, 29, 61, 125, 253, 509, 809, 1109]);
    expect(round.log.seen).toEqual([
      expect.stringMatching(/^warn Notifications cannot be delivered to webhook \(example\.org\): connect ECONNREFUSED/),
      "info Notifications reach webhook (example.org) again.",
    ]);
    expect(round.marks.at(-1)).toBe("1 sent");
  });

  test.each<[string, Deed]>([
    ["seconds in the header", { status: 429, headers: { "Retry-After": "90" } }],
    ["a date in the header", { status: 503, headers: { "Retry-After": new Date(NOW + 90_000).toUTCString() } }],
    ["Discord's body", { status: 429, body: '{"message":"limited","retry_after":89.4,"global":false}' }],
    ["Telegram's body", { status: 429, body: '{"ok":false,"parameters":{"retry_after":90}}' }],
  ])("waits as long as %s requests", async (_how, deed) => {
    const round = new Round(deed, { status: 200 });
    round.take("one", "two");
    await round.clock.advance(88_000);
    expect(round.service.titles).toEqual(["one"]);
    await round.clock.advance(3_000);
    expect(round.service.titles).toEqual(["one", "one", "two"]);
  });

  test("waits at most an hour, whatever is requested", async () => {
    const round = new Round({ status: 429, headers: { "Retry-After": "999999" } }, { status: 200 });
    round.take("one");
    await round.clock.advance(3_601_000);
    expect(round.service.asked).toHaveLength(2);
  });

  test("drops refused or redirected messages, logs the answer without secrets, and continues with the next", async () => {
    const round = new Round({ status: 404, body: `no such hook: ${SECRET}\nsorry` }, { status: 200 });
    round.take("one", "two");
    await round.clock.advance(0);
    expect(round.marks).toEqual(["1 sending", "1 refused", "2 sending", "2 sent"]);
    expect(round.log.seen[0]).toBe(
      "warn A notification was refused by webhook (example.org): it answered 404 (no such hook: [redacted] sorry).",
    );

    const moved = new Round({ status: 307, headers: { Location: "https://elsewhere.example.org/" } });
    moved.take("one");
    await moved.clock.advance(600_000);
    expect(moved.service.asked).toHaveLength(1);
    expect(moved.log.seen[0]).toContain("a redirect, which is not followed");
  });

  test("sends an unanswered message a second time, marked as such, and never a third time", async () => {
    const round = new Round("silent", "silent", { status: 200 });
    round.take("one", "two");
    await round.clock.advance(120_000);
    expect(round.service.bodies).toEqual([
      expect.objectContaining({ title: "one", repeated: false }),
      expect.objectContaining({ title: "one", repeated: true }),
      expect.objectContaining({ title: "two", repeated: false }),
    ]);
    expect(round.marks).toEqual(["1 sending", "1 sending", "1 unanswered", "2 sending", "2 sent"]);
  });

  test("accepts a status as the answer even if the body never arrives or never ends", async () => {
    const clock = new VirtualClock(NOW);
    const bodies = [new ReadableStream(), new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4_096)) })];
    let asked = 0;
    const marks: string[] = [];
    const [channel] = channelsOf({ level: "info", webhook: { url: SECRET, kind: "json" }, telegram: undefined, heartbeatUrl: undefined });
    const sender = new Sender(channel!, {
      clock,
      fetch: () => Promise.resolve(new Response(bodies[asked++])),
      log: new RecordingLog(),
      outbox: { mark: (id, _channel, state) => void marks.push(`${String(id)} ${state}`) },
      redact: (text) => text,
    });
    sender.take(message(), 1);
    sender.take(message(), 2);
    await clock.advance(60_000);
    expect(marks).toEqual(["1 sending", "1 sent", "2 sending", "2 sent"]);
  });

  test("drops day-old messages, and the oldest when a hundred are queued", async () => {
    const round = new Round(refusedConnection());
    round.take(...Array.from({ length: 105 }, (_, index) => `title ${String(index)}`));
    expect(round.sender.waiting).toBe(100);
    expect(round.marks.filter((mark) => mark.endsWith("left-out"))).toEqual(["2", "3", "4", "5", "6"].map((id) => `${id} left-out`));
    await round.clock.advance(86_400_000 + 600_000);
    expect(round.sender.waiting).toBe(0);
    expect(round.marks.filter((mark) => mark.endsWith("left-out"))).toHaveLength(105);
    expect(round.clock.pending).toBe(0);
  });
});

describe("the end of a sender", () => {
  test("is immediate when nothing is queued, and when a pause exceeds the remaining time", async () => {
    const idle = new Round();
    await idle.clock.until(idle.sender.close(2_000));
    expect(idle.clock.monotonic()).toBe(0);

    const paused = new Round({ status: 429, headers: { "Retry-After": "60" } });
    paused.take("one");
    await paused.clock.advance(1_000);
    await paused.clock.until(paused.sender.close(2_000));
    expect(paused.clock.monotonic()).toBe(1_000);
    expect(paused.marks.at(-1)).toBe("1 waiting");
    expect(paused.clock.pending).toBe(0);
  });

  test("waits for the message in progress, within its limit, and does not report it as undelivered", async () => {
    const round = new Round("silent");
    round.take("one");
    await round.clock.advance(100);
    await round.clock.until(round.sender.close(2_000));
    expect(round.clock.monotonic()).toBe(2_100);
    expect(round.marks).toEqual(["1 sending"]);
    expect(round.clock.pending).toBe(0);
  });

  test("follows a failed message at once when there is no time for another try", async () => {
    const round = new Round("silent");
    round.take("one");
    await round.clock.advance(14_500);
    await round.clock.until(round.sender.close(2_000));
    expect(round.clock.monotonic()).toBe(15_000);
    expect(round.clock.pending).toBe(0);
  });

  test("still retries when the retry is due in time", async () => {
    const round = new Round(refusedConnection(), { status: 200 });
    round.take("one");
    await round.clock.advance(500);
    await round.clock.until(round.sender.close(2_000));
    expect(round.marks.at(-1)).toBe("1 sent");
  });
});

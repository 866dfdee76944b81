import { describe, expect, test } from "@jest/globals";
import type { HaltOrder } from "../../src/machine/halt.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { NotificationCenter } from "../../src/notifications/center.ts";
import type { Notice } from "../../src/notifications/notice.ts";
import type { NotificationSettings } from "../../src/domain/config.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import type { Deed } from "./recording-service.ts";
import { NOW, RecordingLog, RecordingService, refusedConnection } from "./recording-service.ts";

const BOTH: NotificationSettings = {
  level: "info",
  webhook: { url: "https://example.org/hook", kind: "json" },
  telegram: { apiUrl: "https://telegram.example.org", token: "123:abc", chatId: "5" },
  heartbeatUrl: undefined,
};
const WEBHOOK: NotificationSettings = { ...BOTH, telegram: undefined };

/** A process with its notifications; the next one starts from its state on disk. */
class Installation {
  readonly clock = new VirtualClock(NOW);
  readonly log = new RecordingLog();
  ledger: SqliteLedger = newLedger();

  start(settings: NotificationSettings, service: RecordingService): NotificationCenter {
    this.ledger = openLedgerImage(this.ledger.serialize());
    const center = new NotificationCenter({
      settings,
      outbox: this.ledger.outbox,
      clock: this.clock,
      log: this.log,
      fetch: service.fetch,
      redact: (text) => text.replaceAll("KEY", "[redacted]"),
      sender: () => ({ mode: "paper", account: "PA1", host: "vps" }),
    });
    center.start();
    return center;
  }

  close(center: NotificationCenter): Promise<void> {
    return this.clock.until(center.close(2_000));
  }
}

function notice(key: string, change: Partial<Notice> = {}): Notice {
  return { kind: "execution", level: "info", key, title: key, lines: ["KEY"], ...change };
}

function service(...deeds: Deed[]): RecordingService {
  return new RecordingService(...deeds);
}

const HALT: HaltOrder = { id: "h1", reason: "a look at the books", at: "" };
const BY_HAND: HaltOrder = { id: "by-hand", reason: "the file exists", at: "" };

describe("a notice", () => {
  test("goes to every configured channel, with the mode first, the sender last, and no key in it", async () => {
    const installation = new Installation();
    const net = service({ status: 200, body: '{"ok":true}' });
    installation.start(BOTH, net).notify(notice("one"));
    await installation.clock.advance(10);
    expect(net.asked.map(({ url }) => url)).toEqual(["https://example.org/hook", "https://telegram.example.org/bot123:abc/sendMessage"]);
    expect(net.bodies[0]).toMatchObject({ title: "PAPER: one", text: "[redacted]\nalpaca-trader on vps, paper account PA1" });
    expect(JSON.stringify(installation.ledger.outbox.newestOf(["execution"]))).not.toContain("KEY");
  });

  test.each<[NotificationSettings["level"], string[]]>([
    ["info", ["PAPER: info", "PAPER: warning", "PAPER: error"]],
    ["warning", ["PAPER: warning", "PAPER: error"]],
    ["error", ["PAPER: error"]],
    ["off", []],
  ])("is sent at level %s and above", async (level, titles) => {
    const installation = new Installation();
    const net = service();
    const center = installation.start({ ...WEBHOOK, level }, net);
    for (const each of ["info", "warning", "error"] as const) center.notify(notice(each, { level: each }));
    await installation.clock.advance(10);
    expect(net.titles).toEqual(titles);
  });

  test("without any channel is not even recorded", () => {
    const installation = new Installation();
    const center = installation.start({ ...WEBHOOK, webhook: undefined }, service());
    center.notify(notice("one"));
    expect(installation.ledger.outbox.has("one")).toBe(false);
  });

  test("that repeats is limited to twelve of a kind per hour, and the last one says so", async () => {
    const installation = new Installation();
    const net = service();
    const center = installation.start(WEBHOOK, net);
    for (let number = 0; number < 40; number++) center.notify(notice(`n${String(number)}`));
    center.notify(notice("other", { kind: "halted" }));
    await installation.clock.advance(10);
    expect(net.titles).toHaveLength(13);
    expect((net.bodies[11] as { text: string }).text).toContain("No more of this kind are sent this hour");
    await installation.clock.advance(3_600_000);
    center.notify(notice("later"));
    await installation.clock.advance(10);
    expect(net.titles.at(-1)).toBe("PAPER: later");
  });

  test("about a full disk is sent although it cannot be recorded", async () => {
    const installation = new Installation();
    const net = service(refusedConnection(), { status: 200 });
    const center = installation.start(WEBHOOK, net);
    installation.ledger.close();
    center.notify(notice("one"));
    await installation.clock.advance(10_000);
    expect(net.titles).toEqual(["PAPER: one", "PAPER: one"]);
    expect(installation.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});

describe("a restart", () => {
  test("neither repeats sent messages nor forgets unsent ones", async () => {
    const installation = new Installation();
    const first = service({ status: 200 }, refusedConnection());
    const center = installation.start(WEBHOOK, first);
    center.notify(notice("sent"));
    center.notify(notice("waiting"));
    await installation.clock.advance(100);
    expect(first.titles).toEqual(["PAPER: sent", "PAPER: waiting"]);

    const second = service();
    const again = installation.start(WEBHOOK, second);
    again.notify(notice("sent"));
    again.notify(notice("waiting"));
    again.notify(notice("new"));
    await installation.clock.advance(100);
    expect(second.titles).toEqual(["PAPER: waiting", "PAPER: new"]);
  });

  test("while a message is in progress does not send it again, because it may have arrived", async () => {
    const installation = new Installation();
    installation.start(WEBHOOK, service("silent")).notify(notice("on its way"));
    await installation.clock.advance(100);

    const second = service();
    await installation.close(installation.start(WEBHOOK, second));
    expect(second.asked).toEqual([]);
    expect(installation.ledger.outbox.pending("webhook")).toEqual([]);
  });

  test("sends each channel only its missing messages", async () => {
    const installation = new Installation();
    installation.start(BOTH, service({ status: 200 }, refusedConnection())).notify(notice("one"));
    await installation.clock.advance(100);

    const second = service({ status: 200, body: '{"ok":true}' });
    installation.start(BOTH, second);
    await installation.clock.advance(100);
    expect(second.asked.map(({ url }) => url)).toEqual(["https://telegram.example.org/bot123:abc/sendMessage"]);
  });

  test("three months later has forgotten sent messages", () => {
    const installation = new Installation();
    installation.start(WEBHOOK, service()).notify(notice("one"));
    installation.clock.step(91 * 86_400_000);
    installation.start(WEBHOOK, service());
    expect(installation.ledger.outbox.has("one")).toBe(false);
    expect(installation.ledger.outbox.pending("webhook")).toEqual([]);
  });
});

describe("a halt", () => {
  test("is reported once however often the daemon starts during it, and so is its end", async () => {
    const installation = new Installation();
    const net = service();
    for (let start = 0; start < 3; start++) {
      installation.start(WEBHOOK, net).halt(HALT);
      await installation.clock.advance(1_000);
    }
    for (let start = 0; start < 2; start++) {
      installation.start(WEBHOOK, net).halt(undefined);
      await installation.clock.advance(1_000);
    }
    expect(net.titles).toEqual(["PAPER: trading is halted", "PAPER: trading resumed"]);
    expect((net.bodies[0] as { text: string }).text).toContain("Reason: a look at the books.");
  });

  test("that was never reported has no reported end", async () => {
    const installation = new Installation();
    const net = service();
    installation.start(WEBHOOK, net).halt(undefined);
    await installation.clock.advance(100);
    expect(net.asked).toEqual([]);
  });

  test("made by hand is reported each time, although its file looks the same, and so is one that replaces it", async () => {
    const installation = new Installation();
    const net = service();
    const center = installation.start(WEBHOOK, net);
    for (const order of [BY_HAND, BY_HAND, undefined, BY_HAND, HALT]) {
      center.halt(order);
      await installation.clock.advance(1_000);
    }
    expect(net.titles.map((title) => String(title).replace("PAPER: trading ", ""))).toEqual([
      "is halted",
      "resumed",
      "is halted",
      "is halted",
    ]);
  });

  test("is known after a restart even if the level hides its end", async () => {
    const installation = new Installation();
    const net = service();
    const center = installation.start({ ...WEBHOOK, level: "error" }, net);
    for (const order of [BY_HAND, undefined, BY_HAND]) {
      center.halt(order);
      await installation.clock.advance(1_000);
    }
    expect(net.titles).toEqual(["PAPER: trading is halted", "PAPER: trading is halted"]);
  });
});

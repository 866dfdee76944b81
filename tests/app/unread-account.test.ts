import { expect, test } from "@jest/globals";
import type { TraderEvent } from "../../src/app/events.ts";
import { UnreadAccount } from "../../src/app/unread-account.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

test("an outage at the start is logged when it begins, when its reason changes, every ten minutes, and when it is over", async () => {
  const clock = new VirtualClock(0);
  const said: string[] = [];
  const emit = (event: TraderEvent): unknown => event.kind === "remark" && said.push(`${event.level} ${event.text}`);
  const unread = new UnreadAccount(clock, emit, "Cannot read the account yet");
  const away = async (message: string, seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += 5) {
      unread.failed(new BrokerError("unreachable", message));
      await clock.advance(5_000);
    }
  };
  await away("no route.", 1_300);
  await away("HTTP 502.", 60);
  unread.read();
  unread.read();
  await away("HTTP 502.", 5);
  expect(said).toEqual([
    "error Cannot read the account yet: no route.",
    "error Cannot read the account yet (for 10 min): no route.",
    "error Cannot read the account yet (for 20 min): no route.",
    "error Cannot read the account yet (for 21 min 40 s): HTTP 502.",
    "warn The account can be read again, after 22 min 40 s.",
    "error Cannot read the account yet: HTTP 502.",
  ]);
});

test("an account that can be read at once is not mentioned", () => {
  new UnreadAccount(new VirtualClock(0), () => expect(true).toBe(false), "Cannot read the account yet").read();
});

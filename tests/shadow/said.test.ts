import { describe, expect, test } from "@jest/globals";
import { modeBanner, modeHeading, modeLabel, modeNoun } from "../../src/domain/config.ts";
import { messageFrom, type Notice } from "../../src/notifications/notice.ts";

describe("a mode as a person reads it", () => {
  test("says of shadow mode, wherever it stands, that nothing is sent", () => {
    const words = [modeLabel("shadow"), modeNoun("shadow"), modeHeading("shadow"), modeBanner({ mode: "shadow", modeReason: "x" }) ?? ""];
    for (const text of words) expect(text).toMatch(/SHADOW.*nothing is sent/);
    expect([modeLabel("paper"), modeNoun("paper"), modeHeading("live")]).toEqual(["paper", "paper mode", "LIVE"]);
    expect(modeBanner({ mode: "live", modeReason: "x" })).toBeUndefined();
  });

  test("is the first thing that a notification says", () => {
    const notice: Notice = { kind: "execution", level: "info", key: "k", title: "on target", lines: ["SMR bought."] };
    const { title } = messageFrom(notice, { mode: "shadow", account: "123", host: "vps" }, 0, (text) => text);
    expect(title).toBe("SHADOW (nothing is sent): on target");
  });
});

import { describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../src/config/load.ts";
import { notificationSecrets } from "../../src/config/notification-settings.ts";
import type { NotificationSettings } from "../../src/domain/config.ts";

const HOME = { HOME: "/home/someone" };

function settingsOf(env: Record<string, string>): NotificationSettings {
  return loadConfig({ ...HOME, ...env }).notifications;
}

function problemOf(env: Record<string, string>): string {
  try {
    settingsOf(env);
  } catch (error) {
    return String(error);
  }
  return "none";
}

describe("the settings of notifications", () => {
  test("are none, at the level info, when nothing is set", () => {
    expect(settingsOf({})).toEqual({ level: "info", webhook: undefined, telegram: undefined, heartbeatUrl: undefined });
  });

  test("derive the kind of a webhook from its address, unless it is set", () => {
    const url = "https://hooks.slack.com/services/T0/B0/x";
    expect(settingsOf({ NOTIFY_WEBHOOK_URL: url }).webhook).toEqual({ url, kind: "slack" });
    expect(settingsOf({ NOTIFY_WEBHOOK_URL: url, NOTIFY_WEBHOOK_KIND: "JSON" }).webhook).toEqual({ url, kind: "json" });
  });

  test("accept Telegram with token and chat, at its own address or another", () => {
    const pair = { TELEGRAM_BOT_TOKEN: "123456789:AAx-y_z", TELEGRAM_CHAT_ID: "-1001234567890" };
    const telegram = { token: "123456789:AAx-y_z", chatId: "-1001234567890" };
    expect(settingsOf(pair).telegram).toEqual({ ...telegram, apiUrl: "https://api.telegram.org" });
    expect(settingsOf({ ...pair, TELEGRAM_CHAT_ID: "@channel" }).telegram?.chatId).toBe("@channel");
    expect(settingsOf({ ...pair, TELEGRAM_API_URL: "http://127.0.0.1:8081/" }).telegram?.apiUrl).toBe("http://127.0.0.1:8081");
  });

  test.each([
    ["TELEGRAM_BOT_TOKEN", "123:abc", "TELEGRAM_CHAT_ID is unset although TELEGRAM_BOT_TOKEN is set; expected both or neither."],
    ["TELEGRAM_CHAT_ID", "5", "TELEGRAM_BOT_TOKEN is unset although TELEGRAM_CHAT_ID is set; expected both or neither."],
    ["NOTIFY_WEBHOOK_KIND", "slack", "NOTIFY_WEBHOOK_URL is unset although NOTIFY_WEBHOOK_KIND is set"],
  ])("refuse %s alone", (name, value, problem) => {
    expect(problemOf({ [name]: value })).toContain(problem);
  });

  test.each(["NOTIFY_WEBHOOK_URL", "HEARTBEAT_URL"])("refuse a %s that others could intercept, without showing it", (name) => {
    for (const value of ["http://example.org/SECRET", "ftp://example.org/SECRET", "SECRET", "https://exa mple.org/SECRET", "https://"]) {
      const problem = problemOf({ [name]: value });
      expect(problem).toContain(`${name} is set, but in the wrong format; expected an https address`);
      expect(problem).not.toContain("SECRET");
    }
    expect(problemOf({ [name]: "http://127.0.0.1:8080/hook" })).toBe("none");
    expect(problemOf({ [name]: "https://user:pass@ntfy.example.org/topic?x=1" })).toBe("none");
  });

  test("hide a password of an address as it is written and as it is, also with a bare %", () => {
    const secretsFor = (password: string): string[] =>
      notificationSecrets(settingsOf({ NOTIFY_WEBHOOK_URL: `https://me:${password}@ntfy.example.org/topic` }));
    expect(secretsFor("a%20b")).toEqual(expect.arrayContaining(["a%20b", "a b"]));
    expect(secretsFor("100%sure")).toContain("100%sure");
  });

  test.each([
    ["NOTIFY_LEVEL", "loud", "info, warning, error or off"],
    ["NOTIFY_WEBHOOK_KIND", "teams", "slack, discord, ntfy or json"],
    ["TELEGRAM_CHAT_ID", "my chat", "a chat number"],
    ["TELEGRAM_BOT_TOKEN", "not/a/token", "the token from BotFather"],
  ])("refuse %s=%s and say what is expected", (name, value, expected) => {
    expect(problemOf({ [name]: value })).toContain(expected);
  });
});

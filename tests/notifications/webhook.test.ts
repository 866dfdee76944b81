import { describe, expect, test } from "@jest/globals";
import type { OutgoingRequest } from "../../src/notifications/channel.ts";
import { channelsOf } from "../../src/notifications/channels.ts";
import type { Message } from "../../src/notifications/notice.ts";
import type { WebhookKind } from "../../src/domain/config.ts";
import { notificationSecrets, webhookKindOf } from "../../src/config/notification-settings.ts";
import { message } from "./recording-service.ts";

const URL_ = "https://example.org/hook";
const WILD = "<!channel> @everyone *bold* _it_ `code` ~s~ ||spoiler|| <@U1> [a](http://b) & \u202e\u0007 # heading";

function requestFor(kind: WebhookKind, change: Partial<Message> = {}, repeated = false): OutgoingRequest {
  const [channel] = channelsOf({ level: "info", webhook: { url: URL_, kind }, telegram: undefined, heartbeatUrl: undefined });
  return channel!.request(message(change), repeated);
}

function telegramRequest(change: Partial<Message> = {}): OutgoingRequest {
  const telegram = { apiUrl: "https://api.telegram.org", token: "123:secret", chatId: "-100" };
  const [channel] = channelsOf({ level: "info", webhook: undefined, telegram, heartbeatUrl: undefined });
  return channel!.request(message(change), false);
}

function json(request: OutgoingRequest): Record<string, unknown> {
  return JSON.parse(request.body ?? "") as Record<string, unknown>;
}

describe("the kind of a webhook", () => {
  test.each([
    ["https://hooks.slack.com/services/T0/B0/x", "slack"],
    ["https://hooks.slack-gov.com/services/T0/B0/x", "slack"],
    ["https://discord.com/api/webhooks/1/x", "discord"],
    ["https://canary.discord.com/api/webhooks/1/x", "discord"],
    ["https://discordapp.com/api/webhooks/1/x", "discord"],
    ["https://ntfy.sh/topic", "ntfy"],
    ["https://ntfy.example.org/topic", "ntfy"],
    ["https://evildiscord.com/api", "json"],
    ["https://hooks.slack.com.example.org/x", "json"],
    ["http://127.0.0.1:8080/hook", "json"],
  ])("%s is recognised as %s", (url, kind) => {
    expect(webhookKindOf(url)).toBe(kind);
  });
});

describe("the format for each service", () => {
  test("Slack: text without mentions, links or formatting", () => {
    const body = json(requestFor("slack", { title: WILD }));
    expect(body).toMatchObject({ mrkdwn: false, unfurl_links: false, unfurl_media: false });
    expect(body.text).toContain("&lt;!channel&gt; @everyone *bold*");
    expect(body.text).toContain("&lt;@U1&gt; [a](http://b) &amp; # heading\nBought: SMR $31,200.00.\nalpaca-trader on vps");
  });

  test("Discord: no mentions, no previews, and Markdown shown literally", () => {
    const body = json(requestFor("discord", { title: WILD, lines: ["- no list", "1. nor this", "sign"] }));
    expect(body).toMatchObject({ allowed_mentions: { parse: [] }, flags: 4 });
    expect(body.content).toBe(
      "\\<!channel\\> \\@everyone \\*bold\\* \\_it\\_ \\`code\\` \\~s\\~ \\|\\|spoiler\\|\\| \\<\\@U1\\> \\[a\\]\\(http://b\\) & \\# heading\n" +
        "\\- no list\n\\1. nor this\nsign",
    );
  });

  test("ntfy: title and priority in headers with any letter, the report as the body", () => {
    const request = requestFor("ntfy", { level: "error", title: "PAPER: größer → besser" });
    expect(request.headers).toMatchObject({ Priority: "urgent", "Content-Type": "text/plain; charset=utf-8" });
    const encoded = /^=\?UTF-8\?B\?(.*)\?=$/.exec(request.headers.Title ?? "")?.[1] ?? "";
    expect(Buffer.from(encoded, "base64").toString()).toBe("PAPER: größer → besser");
    expect(request.body).toBe("Bought: SMR $31,200.00.\nalpaca-trader on vps, paper account PA3TEST00001");
    expect(requestFor("ntfy").headers).toMatchObject({ Priority: "default", Title: "PAPER: on target" });
  });

  test("any other: JSON with the keys of the occasion", () => {
    expect(json(requestFor("json"))).toEqual({
      id: "execution:1:on-target",
      event: "execution",
      level: "info",
      at: "2025-07-16T14:42:58.025Z",
      mode: "paper",
      account: "PA3TEST00001",
      host: "vps",
      title: "PAPER: on target",
      text: "Bought: SMR $31,200.00.\nalpaca-trader on vps, paper account PA3TEST00001",
      repeated: false,
    });
  });

  test("Telegram: plain text to the chat, without formatting or previews", () => {
    const request = telegramRequest({ title: WILD });
    expect(request.url).toBe("https://api.telegram.org/bot123:secret/sendMessage");
    const body = json(request);
    expect(body).toMatchObject({ chat_id: "-100", link_preview_options: { is_disabled: true } });
    expect(body).not.toHaveProperty("parse_mode");
    expect(body.text).toMatch(/^<!channel> @everyone \*bold\*/);
  });

  test("a repeated message says so", () => {
    expect(json(requestFor("slack", {}, true)).text).toMatch(/^PAPER: on target\n\(Sent again/);
    expect(json(requestFor("json", {}, true)).repeated).toBe(true);
  });
});

describe("a message that is too long", () => {
  const lines = ["*😀".repeat(3_000), "& ".repeat(5_000), "who speaks"];

  test.each<[WebhookKind, string, number]>([
    ["slack", "text", 4_000],
    ["discord", "content", 2_000],
  ])("is cut for %s between its characters, and still names the sender", (kind, field, limit) => {
    for (let shift = 0; shift < 4; shift++) {
      const text = String(json(requestFor(kind, { title: "x".repeat(shift + 1), lines }))[field]);
      expect(text.length).toBeLessThanOrEqual(limit);
      expect(text.length).toBeGreaterThan(limit - 10);
      expect(text).toMatch(/…\nwho speaks$/);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toMatch(/(?<!\\)\\…|&[a-z]*…/);
    }
  });

  test("is cut for ntfy by its bytes and for Telegram by its characters", () => {
    expect(Buffer.byteLength(requestFor("ntfy", { lines }).body ?? "")).toBeLessThanOrEqual(4_096);
    const text = String(json(telegramRequest({ lines })).text);
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/…\nwho speaks$/);
  });
});

describe("secrets of the settings", () => {
  test("include every form in which an address or a token may be quoted, but no plain word of it", () => {
    const secrets = notificationSecrets({
      level: "info",
      webhook: { url: "https://me:pass%20word@ntfy.sh/alerts", kind: "ntfy" },
      telegram: { apiUrl: "https://api.telegram.org", token: "123:abc", chatId: "5" },
      heartbeatUrl: "https://hc-ping.com/0123456789abcdef-0123",
    });
    expect(secrets).toEqual(
      expect.arrayContaining([
        "https://me:pass%20word@ntfy.sh/alerts",
        "ntfy.sh/alerts",
        "pass%20word",
        "pass word",
        "123:abc",
        "https://hc-ping.com/0123456789abcdef-0123",
        "0123456789abcdef-0123",
      ]),
    );
    expect(secrets).not.toContain("alerts");
  });
});

import type { NotificationSettings, NoticeLevel, WebhookKind } from "../domain/config.ts";
import { deliveryResultOf, type Channel, type DeliveryResult, type ServiceAnswer, type OutgoingRequest } from "./channel.ts";
import { inUnits, plainText, escapeForDiscord, escapeForSlack, inBytes, type TextLimit } from "./plain-text.ts";
import { hostOf } from "../config/notification-settings.ts";
import { isoInstant } from "../domain/time-format.ts";
import { oneLine } from "../reporting/style.ts";
import type { Message } from "./notice.ts";

export function channelsOf(settings: NotificationSettings): Channel[] {
  return [
    ...(settings.webhook === undefined ? [] : [webhookChannel(settings.webhook)]),
    ...(settings.telegram === undefined ? [] : [telegramChannel(settings.telegram)]),
  ];
}

/** The Bot API's `sendMessage` refuses longer texts. */
const TELEGRAM: TextLimit = { limit: 4_096, measure: inUnits, escape: (text) => text, title: true };

/** Without a `parse_mode` the text is literal: no character is special. */
function telegramChannel({ apiUrl, token, chatId }: NonNullable<NotificationSettings["telegram"]>): Channel {
  return {
    id: "telegram",
    name: `Telegram (${hostOf(apiUrl)})`,
    request: (message, repeated) => ({
      url: `${apiUrl}/bot${token}/sendMessage`,
      method: "POST",
      headers: { "Content-Type": "application/json; charset=utf-8" },
      body: JSON.stringify({
        chat_id: chatId,
        text: plainText(message, repeated, TELEGRAM),
        link_preview_options: { is_disabled: true },
      }),
    }),
    receive: receivedByTelegram,
  };
}

/** The Bot API answers `ok: true`; the page of a captive portal or a proxy does not. */
function receivedByTelegram(answer: ServiceAnswer, now: number): DeliveryResult {
  const delivery = deliveryResultOf(answer, now);
  if (delivery.kind !== "accepted" || /"ok"\s*:\s*true/.test(answer.body)) return delivery;
  return { kind: "later", reason: `it answered ${String(answer.status)} without confirming the message`, afterMs: undefined };
}

/** Slack advises 4,000 characters and cuts at 40,000. */
const SLACK: TextLimit = { limit: 4_000, measure: inUnits, escape: escapeForSlack, title: true };
/** Discord refuses more. */
const DISCORD: TextLimit = { limit: 2_000, measure: inUnits, escape: escapeForDiscord, title: true };
/** ntfy turns longer messages into attachments. */
const NTFY: TextLimit = { limit: 4_096, measure: inBytes, escape: (text) => text, title: false };
const NTFY_TITLE_CHARACTERS = 200;

/** Discord's message flag for "no previews of links". */
const SUPPRESS_EMBEDS = 4;

const NAMES: Record<WebhookKind, string> = { slack: "Slack", discord: "Discord", ntfy: "ntfy", json: "webhook" };

function webhookChannel({ url, kind }: NonNullable<NotificationSettings["webhook"]>): Channel {
  return {
    id: "webhook",
    name: `${NAMES[kind]} (${hostOf(url)})`,
    request: (message, repeated) => ({ url, method: "POST", ...contentFor(kind, message, repeated) }),
    receive: deliveryResultOf,
  };
}

type Content = Pick<OutgoingRequest, "headers" | "body">;

function contentFor(kind: WebhookKind, message: Message, repeated: boolean): Content {
  switch (kind) {
    case "slack":
      return asJson({ text: plainText(message, repeated, SLACK), mrkdwn: false, unfurl_links: false, unfurl_media: false });
    case "discord":
      return asJson({ content: plainText(message, repeated, DISCORD), allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS });
    case "ntfy":
      return ntfyContent(message, repeated);
    case "json":
      return asJson(jsonContent(message, repeated));
  }
}

function asJson(value: unknown): Content {
  return { headers: { "Content-Type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}

const PRIORITIES: Record<NoticeLevel, string> = { info: "default", warning: "high", error: "urgent" };

function ntfyContent(message: Message, repeated: boolean): Content {
  return {
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      Title: headerText(oneLine(message.title).slice(0, NTFY_TITLE_CHARACTERS)),
      Priority: PRIORITIES[message.level],
    },
    body: plainText(message, repeated, NTFY),
  };
}

/** A header holds Latin-1 characters only; ntfy reads others in RFC 2047 format. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}

/** For machines: the message, and the keys that identify its occasion. `id` is the same when it is sent again. */
function jsonContent(message: Message, repeated: boolean): Record<string, unknown> {
  return {
    id: message.key,
    event: message.kind,
    level: message.level,
    at: isoInstant(message.at),
    mode: message.mode,
    account: message.account ?? null,
    host: message.host,
    title: message.title,
    text: message.lines.map(oneLine).join("\n"),
    repeated,
  };
}

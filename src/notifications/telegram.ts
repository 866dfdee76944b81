import type { Channel, DeliveryResult, ServiceAnswer } from "./channel.ts";
import { inUnits, plainText, type TextLimit } from "./plain-text.ts";
import { deliveryResultOf } from "./delivery-result.ts";
import type { NotificationSettings } from "../domain/config.ts";
import { hostOf } from "../config/notification-settings.ts";

/** The Bot API's `sendMessage` refuses longer texts. */
const TEXT: TextLimit = { limit: 4_096, measure: inUnits, escape: (text) => text, title: true };

/** Without a `parse_mode` the text is literal: no character is special. */
export function telegramChannel({ apiUrl, token, chatId }: NonNullable<NotificationSettings["telegram"]>): Channel {
  return {
    id: "telegram",
    name: `Telegram (${hostOf(apiUrl)})`,
    request: (message, repeated) => ({
      url: `${apiUrl}/bot${token}/sendMessage`,
      method: "POST",
      headers: { "Content-Type": "application/json; charset=utf-8" },
      body: JSON.stringify({
        chat_id: chatId,
        text: plainText(message, repeated, TEXT),
        link_preview_options: { is_disabled: true },
      }),
    }),
    receive,
  };
}

/** The Bot API answers `ok: true`; the page of a captive portal or a proxy does not. */
function receive(answer: ServiceAnswer, now: number): DeliveryResult {
  const delivery = deliveryResultOf(answer, now);
  if (delivery.kind !== "accepted" || /"ok"\s*:\s*true/.test(answer.body)) return delivery;
  return { kind: "later", reason: `it answered ${String(answer.status)} without confirming the message`, afterMs: undefined };
}

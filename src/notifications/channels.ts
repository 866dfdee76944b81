import type { NotificationSettings } from "../domain/config.ts";
import type { Channel } from "./channel.ts";
import { telegramChannel } from "./telegram.ts";
import { webhookChannel } from "./webhook.ts";

/** The configured channels, whatever the level. */
export function channelsOf(settings: NotificationSettings): Channel[] {
  return [
    ...(settings.webhook === undefined ? [] : [webhookChannel(settings.webhook)]),
    ...(settings.telegram === undefined ? [] : [telegramChannel(settings.telegram)]),
  ];
}

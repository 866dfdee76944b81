import type { NoticeLevel, NotificationSettings, WebhookKind } from "../domain/config.ts";
import { percentDecoded } from "../domain/percent-decoding.ts";

export const WEBHOOK_KINDS = ["slack", "discord", "ntfy", "json"] as const satisfies readonly WebhookKind[];

export const NOTIFY_LEVELS = ["info", "warning", "error", "off"] as const satisfies readonly (NoticeLevel | "off")[];

/** Hosts with a known service; any other address gets plain JSON. */
const HOSTS: readonly (readonly [RegExp, WebhookKind])[] = [
  [/^hooks\.slack(-gov)?\.com$/, "slack"],
  [/^(\w+\.)?discord(app)?\.com$/, "discord"],
  [/^ntfy(\.|$)/, "ntfy"],
];

export function webhookKindOf(url: string): WebhookKind {
  const { hostname } = new URL(url);
  return HOSTS.find(([host]) => host.test(hostname))?.[1] ?? "json";
}

/** Address parts of at least this length count as secrets; shorter ones are ordinary words. */
const SECRET_PART_CHARACTERS = 16;

/** All secret settings, for redaction. */
export function notificationSecrets(settings: NotificationSettings): string[] {
  const { webhook, telegram, heartbeatUrl } = settings;
  const addresses = [webhook?.url, heartbeatUrl].filter((url) => url !== undefined);
  return [...addresses.flatMap(secretPartsOf), ...(telegram === undefined ? [] : [telegram.token])];
}

/** Messages quote an address as a whole, without its scheme, or only its path or query. */
function secretPartsOf(address: string): string[] {
  const url = new URL(address);
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()].filter((part) => part.length >= SECRET_PART_CHARACTERS);
  const credentials = [url.password, percentDecoded(url.password) ?? ""].filter((part) => part !== "");
  return [address, url.href, `${url.host}${url.pathname}${url.search}`, ...parts, ...credentials];
}

/** An address without its secrets: `hooks.slack.com`. */
export function hostOf(address: string): string {
  return new URL(address).host;
}

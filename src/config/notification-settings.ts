import type { NoticeLevel, NotificationSettings, WebhookKind } from "../domain/config.ts";
export const WEBHOOK_KINDS = ["slack", "discord", "ntfy", "json"] as const satisfies readonly WebhookKind[];

export const NOTIFY_LEVELS = ["info", "warning", "error", "off"] as const satisfies readonly (NoticeLevel | "off")[];

/** Hosts that give the service away; any other address gets plain JSON. */
const HOSTS: readonly (readonly [RegExp, WebhookKind])[] = [
  [/^hooks\.slack(-gov)?\.com$/, "slack"],
  [/^(\w+\.)?discord(app)?\.com$/, "discord"],
  [/^ntfy(\.|$)/, "ntfy"],
];

/** The kind of webhook that an address leads to, as far as its host tells. */
export function webhookKindOf(url: string): WebhookKind {
  const { hostname } = new URL(url);
  return HOSTS.find(([host]) => host.test(hostname))?.[1] ?? "json";
}

/** Parts of an address from this length on are taken for secrets of their own; shorter ones are words that stand elsewhere too. */
const SECRET_PART_CHARACTERS = 16;

/** Everything in the settings that must never be shown, for redaction. */
export function notificationSecrets(settings: NotificationSettings): string[] {
  const { webhook, telegram, heartbeatUrl } = settings;
  const addresses = [webhook?.url, heartbeatUrl].filter((url) => url !== undefined);
  return [...addresses.flatMap(secretPartsOf), ...(telegram === undefined ? [] : [telegram.token])];
}

/** An address is quoted whole, without its scheme, or with only its path or query. */
function secretPartsOf(address: string): string[] {
  const url = new URL(address);
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()].filter((part) => part.length >= SECRET_PART_CHARACTERS);
  const credentials = [url.password, decodeURIComponent(url.password)].filter((part) => part !== "");
  return [address, url.href, `${url.host}${url.pathname}${url.search}`, ...parts, ...credentials];
}

/** Where an address leads, without anything secret: `hooks.slack.com`. */
export function hostOf(address: string): string {
  return new URL(address).host;
}

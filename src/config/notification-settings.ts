/** How a webhook wants to be spoken to. */
export type WebhookKind = "slack" | "discord" | "ntfy" | "json";

export const WEBHOOK_KINDS = ["slack", "discord", "ntfy", "json"] as const satisfies readonly WebhookKind[];

/** How much it matters; from the least to the most. */
export type NoticeLevel = "info" | "warning" | "error";

export const NOTIFY_LEVELS = ["info", "warning", "error", "off"] as const satisfies readonly (NoticeLevel | "off")[];

/** Who is told what. Addresses and tokens in it are secrets: whoever knows them can write to the owner's channels. */
export interface NotificationSettings {
  /** The least level that is sent; `off`: nothing is. */
  readonly level: NoticeLevel | "off";
  readonly webhook: { readonly url: string; readonly kind: WebhookKind } | undefined;
  readonly telegram: { readonly apiUrl: string; readonly token: string; readonly chatId: string } | undefined;
  /** Pinged while all is well; with `/fail` behind its path when not. */
  readonly heartbeatUrl: string | undefined;
}

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

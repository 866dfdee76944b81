import type { Config } from "../domain/config.ts";
import { secretsIn } from "../domain/credentials.ts";
import { passwordsIn } from "./database-address.ts";
import { notificationSecrets } from "./notification-settings.ts";

/** Secrets that must never be shown (R30). */
export function secretsOf(config: Config): string[] {
  const keys = config.alpaca === undefined ? [] : secretsIn(config.alpaca);
  const token = config.dashboard.token === undefined ? [] : [config.dashboard.token];
  return [...keys, ...token, ...notificationSecrets(config.notifications), ...passwordsIn(config.fleet.database ?? "")];
}

import { MIN_SECRET_CHARACTERS } from "../logging/redaction.ts";

/** Removes the account's keys from a text. */
export type Redact = (text: string) => string;

const MASK = "[key]";

/**
 * Venues and network libraries quote requests, header values included; such a text may reach a log or a web page
 * only without the keys (R30).
 */
export function createRedaction(secrets: readonly string[]): Redact {
  const forms = secrets
    .filter((secret) => secret.trim().length >= MIN_SECRET_CHARACTERS)
    .flatMap((secret) => [secret, encodeURIComponent(secret), secret.trim()]);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((clean, form) => clean.replaceAll(form, MASK), text);
}

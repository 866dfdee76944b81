/** Removes everything from a text that is or looks like a key (R30). */
export type Redact = (text: string) => string;

const MASK = "[redacted]";

/** A shorter "secret" is a test's or a mistake, and would remove half of every line. */
export const MIN_SECRET_CHARACTERS = 6;

/** Alpaca's key ids: paper `PK…`, live `AK…`, broker `CK…`, 20 characters or, lately, a few more. */
const KEY_ID = /(?<![A-Za-z0-9])[PAC]K[A-Z0-9]{16,26}(?![A-Za-z0-9])/g;

/** Alpaca's secrets: 40 to 44 letters and digits, including all three kinds (a hexadecimal hash has no capitals). */
const SECRET = /(?<![A-Za-z0-9])(?=[a-zA-Z]*\d)(?=[a-z\d]*[A-Z])(?=[A-Z\d]*[a-z])[A-Za-z0-9]{40,44}(?![A-Za-z0-9])/g;

/** A request's headers as a library prints them, and the token of a stream's first frame. */
const HEADER =
  /\b(apca-api-(?:key-id|secret-key)|authorization|oauth_token)(["']?\s*[:=,]\s*\[?\s*["']?)(?:(?:Basic|Bearer)\s+)?[^\s"',}\]]+/gi;

/**
 * @param secrets the configured keys; each is found in plain text, URL-encoded, and JSON-escaped. More may be added to the list
 *   later.
 */
export function createRedaction(secrets: readonly string[]): Redact {
  let known = -1;
  let longestFirst: readonly string[] = [];
  return (text) => {
    if (secrets.length !== known) {
      known = secrets.length;
      const forms = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARACTERS).flatMap(formsOf);
      longestFirst = [...new Set(forms)].toSorted((one, other) => other.length - one.length);
    }
    const clean = longestFirst.reduce((rest, form) => rest.replaceAll(form, MASK), text);
    return clean.replace(HEADER, `$1$2${MASK}`).replace(KEY_ID, MASK).replace(SECRET, MASK);
  };
}

function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

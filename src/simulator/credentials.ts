import type { AlpacaCredentials } from "../domain/credentials.ts";

/** What a client shows of itself; empty where it shows nothing. */
export interface Shown {
  readonly keyId: string;
  readonly secret: string;
  readonly oauthToken: string;
}

/** @param headers with names in lower case. */
export function shownInHeaders(headers: Readonly<Record<string, string>>): Shown {
  const [, oauthToken = ""] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  return { keyId: headers["apca-api-key-id"] ?? "", secret: headers["apca-api-secret-key"] ?? "", oauthToken };
}

/** Of an `auth` message, or of an `authenticate` message with keys or with a token. */
export function shownInMessage(message: Readonly<Record<string, unknown>>): Shown {
  const { key_id: keyId, secret_key: secret, oauth_token: token } = isObject(message.data) ? message.data : {};
  return { keyId: textOf(message.key ?? keyId), secret: textOf(message.secret ?? secret), oauthToken: textOf(token) };
}

/** The key id or the token: each is the name of an account. */
export function ownerOf({ keyId, oauthToken }: Shown): string {
  return keyId === "" ? oauthToken : keyId;
}

/** A key with its secret, or a token. A client that shows both has made a mistake. */
export function isComplete({ keyId, secret, oauthToken }: Shown): boolean {
  return oauthToken === "" ? keyId !== "" && secret !== "" : keyId === "" && secret === "";
}

/** @param expected the only credentials that the venue accepts; without any, it accepts all that are complete. */
export function accepts(expected: AlpacaCredentials | undefined, shown: Shown): boolean {
  if (expected === undefined || !isComplete(shown)) return isComplete(shown);
  const { keyId = "", secret = "", oauthToken = "" } = expected;
  return shown.keyId === keyId && shown.secret === secret && shown.oauthToken === oauthToken;
}

/** A frame of a client, JSON as text or bytes; an empty message when it is neither. */
export function messageIn(frame: string | Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

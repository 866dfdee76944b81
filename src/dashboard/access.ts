import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import { isLoopbackHost } from "../config/values.ts";

/** After a wrong token; guessing gets slow, a typing mistake does not. */
const PENALTY_MS = 1_000;
/** So many guesses are kept waiting at most; further ones are turned away at once. */
const MOST_WAITING = 5;
const COOKIE_DAYS = 30;

/** Who may look. Without a token everybody on this machine may, for nobody else reaches the port. */
export class Access {
  readonly #token: string | undefined;
  readonly #clock: Clock;
  #waiting = 0;

  constructor(token: string | undefined, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#token === undefined;
  }

  /**
   * Whether a request may have been meant for us. A page of another site whose name was made to lead here
   * (DNS rebinding) shows itself by its name; with a token it gets nothing anyway, for the cookie stays
   * with the name under which it was set.
   */
  isOurHost(host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false;
    return !this.isOpen || isLoopbackHost(new URL(`http://${host}`).hostname);
  }

  /** What a request shows: `Authorization: Bearer …`, or the cookie of a login. */
  async admits(headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined }): Promise<Admission> {
    if (this.#token === undefined) return "admitted";
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.tries(bearer);
    const wanted = this.#cookie(this.#token);
    const cookies = (headers.cookie ?? "").split(";").map((text) => text.trim());
    return cookies.some((cookie) => sameText(cookie, wanted)) ? "admitted" : "refused";
  }

  /** A wrong token is answered late. */
  async tries(given: string): Promise<Admission> {
    if (this.#token === undefined || sameText(given.trim(), this.#token)) return "admitted";
    if (this.#waiting >= MOST_WAITING) return "too-many";
    this.#waiting += 1;
    await this.#clock.sleep(PENALTY_MS);
    this.#waiting -= 1;
    return "refused";
  }

  /** For whoever has shown the token. The cookie proves that without holding it. */
  get loginCookie(): string {
    const value = this.#token === undefined ? "" : this.#cookie(this.#token);
    return `${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${String(COOKIE_DAYS * 86_400)}`;
  }

  /** Browsers keep cookies by host and not by port, so each token has a name of its own. */
  #cookie(token: string): string {
    const proof = createHmac("sha256", token).update("alpaca-trader dashboard login").digest("hex");
    return `alpaca_trader_${proof.slice(0, 8)}=${proof.slice(8)}`;
  }
}

export type Admission = "admitted" | "refused" | "too-many";

/** In a time that does not depend on where they differ. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHmac("sha256", "comparison").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

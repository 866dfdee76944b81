import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import type { DashboardConfig } from "../domain/config.ts";
import { isLoopbackHost } from "../config/values.ts";

/** After a wrong secret; guessing gets slow, a typing mistake does not. */
const PENALTY_MS = 1_000;
/** Wrong secrets that wait for their answer at the same time; a further guess is turned away unchecked. */
const MOST_WAITING = 5;
const COOKIE_DAYS = 30;

export type Admission = "admitted" | "refused" | "too-many";

export interface ShownSecrets {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/**
 * Who may look. The secrets are the token, the cookie of a login, and the code of the printed link, which logs in
 * once. There is one limit on guesses for all of them together: five a second.
 *
 * Cookie, code and the token of the installation hold at least 192 random bits, which nobody finds by trying. They
 * are let in also while somebody uses up the limit, so a stranger's guesses lock nobody out. A token of the
 * owner's choice may be a word, so it is only checked within the limit.
 */
export class Access {
  readonly #token: string | undefined;
  /** Of the printed link; undefined once somebody has logged in with it. */
  #code: string | undefined = randomBytes(24).toString("hex");
  readonly #isChosen: boolean;
  readonly #anyHost: boolean;
  readonly #cookieName: string;
  readonly #cookieValue: string;
  readonly #clock: Clock;
  #waiting = 0;

  /** @param installation the installation's own token; undefined: everybody who can reach the port may look. */
  constructor({ token: chosen, host }: DashboardConfig, installation: string | undefined, clock: Clock) {
    this.#token = installation === undefined ? undefined : (chosen ?? installation);
    this.#isChosen = chosen !== undefined;
    this.#anyHost = !this.isOpen && (this.#isChosen || !isLoopbackHost(host));
    // Browsers keep cookies by host and not by port, so each installation has a name of its own.
    this.#cookieName = `alpaca_trader_${proof(installation ?? "", "name").slice(0, 8)}`;
    this.#cookieValue = proof(installation ?? "", `login ${this.#token ?? ""}`);
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#token === undefined;
  }

  /**
   * Whether a request may have been meant for us. A page of another site whose name was made to lead here
   * (DNS rebinding) shows itself by its name. Behind a proxy or on a network we cannot know our names; there
   * a token is needed, and the cookie stays with the name under which it was set.
   */
  isOurHost(host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false;
    return this.#anyHost || isLoopbackHost(new URL(`http://${host}`).hostname);
  }

  /** What a request shows: `Authorization: Bearer …`, or the cookie of a login. */
  async admits({ authorization, cookie }: ShownSecrets): Promise<Admission> {
    if (this.isOpen) return "admitted";
    const bearer = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
    if (bearer !== undefined) return this.tries(bearer);
    if (this.isLoggedIn(cookie)) return "admitted";
    return cookieNamed(this.#cookieName, cookie) === undefined ? "refused" : this.#guess(() => false);
  }

  isLoggedIn(cookie: string | undefined): boolean {
    return isSame(cookieNamed(this.#cookieName, cookie) ?? "", this.#cookieValue);
  }

  /** For the link; browsers keep the addresses that they have been to, so a token does not belong there. */
  get code(): string | undefined {
    return this.#code;
  }

  /** The code of the link, which is used up by that. */
  async redeems(given: string): Promise<Admission> {
    if (this.#code === undefined || !isSame(given, this.#code)) return this.#guess(() => false);
    this.#code = undefined;
    return "admitted";
  }

  /** The token itself, as a bearer or from the login form. */
  async tries(given: string): Promise<Admission> {
    const check = (): boolean => this.#token === undefined || isSame(given.trim(), this.#token);
    if (!this.#isChosen && check()) return "admitted";
    return this.#guess(check);
  }

  /** For whoever has shown the token. The cookie proves that without holding it. */
  get loginCookie(): string {
    return `${this.#cookieName}=${this.#cookieValue}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${String(COOKIE_DAYS * 86_400)}`;
  }

  /** A wrong one is answered late. */
  async #guess(check: () => boolean): Promise<Admission> {
    if (this.#waiting >= MOST_WAITING) return "too-many";
    if (check()) return "admitted";
    this.#waiting += 1;
    await this.#clock.sleep(PENALTY_MS);
    this.#waiting -= 1;
    return "refused";
  }
}

/** The first of this name alone: many in one request would be many guesses. */
function cookieNamed(name: string, header = ""): string | undefined {
  const found = header
    .split(";")
    .map((text) => text.trim())
    .find((text) => text.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

function proof(key: string, of: string): string {
  return createHmac("sha256", key).update(`alpaca-trader dashboard ${of}`).digest("hex");
}

/** In a time that does not depend on where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHmac("sha256", "comparison").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

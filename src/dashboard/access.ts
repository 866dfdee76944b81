import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import type { DashboardConfig } from "../domain/config.ts";
import { isLoopbackHost } from "../config/values.ts";

/** Delay after a wrong secret: it slows guessing, but not a typing mistake. */
const PENALTY_MS = 1_000;
/** Wrong secrets waiting for their answer at the same time; further guesses are refused unchecked. */
const MOST_WAITING = 5;
const COOKIE_DAYS = 30;

export type Admission = "admitted" | "refused" | "too-many";

export interface ShownSecrets {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/**
 * Access control. The secrets are the token, the cookie of a login, and the code of the printed link, which works
 * once. All share one limit: five guesses a second.
 *
 * Cookie, code and the installation's token contain at least 192 random bits, which cannot be guessed. They are
 * accepted even while others exhaust the limit, so a stranger's guesses lock nobody out. A token chosen by the
 * owner may be a word, so it is checked only within the limit.
 */
export class Access {
  readonly #token: string | undefined;
  /** Of the printed link; undefined once used. */
  #code: string | undefined = randomBytes(24).toString("hex");
  readonly #isChosen: boolean;
  readonly #anyHost: boolean;
  readonly #cookieName: string;
  readonly #cookieValue: string;
  readonly #clock: Clock;
  #waiting = 0;

  /** @param installation the installation's own token; undefined: no token, anyone who can reach the port may read. */
  constructor({ token: chosen, host }: DashboardConfig, installation: string | undefined, clock: Clock) {
    this.#token = installation === undefined ? undefined : (chosen ?? installation);
    this.#isChosen = chosen !== undefined;
    this.#anyHost = !this.isOpen && (this.#isChosen || !isLoopbackHost(host));
    // Browsers store cookies by host and not by port, so each installation has its own name.
    this.#cookieName = `alpaca_trader_${proof(installation ?? "", "name").slice(0, 8)}`;
    this.#cookieValue = proof(installation ?? "", `login ${this.#token ?? ""}`);
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#token === undefined;
  }

  /**
   * Whether a request may be meant for us. A page of another site whose name points here (DNS rebinding) is
   * recognised by its host name. Behind a proxy or on a network we cannot know our names; there a token is required,
   * and the cookie belongs to the name under which it was set.
   */
  isOurHost(host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false;
    return this.#anyHost || isLoopbackHost(new URL(`http://${host}`).hostname);
  }

  /** The secret of a request: `Authorization: Bearer …`, or the cookie of a login. */
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

  /** For the link; browsers remember addresses, so a token must not be part of one. */
  get code(): string | undefined {
    return this.#code;
  }

  /** The code of the link; this uses it up. */
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

  /** For a request that has proved the token. The cookie proves that without containing it. */
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

/** Only the first of this name: many in one request would be many guesses. */
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

/** In constant time, wherever they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHmac("sha256", "comparison").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

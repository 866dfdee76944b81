import { beforeEach, describe, expect, test } from "@jest/globals";
import { Access } from "../../src/dashboard/access.ts";
import type { Admission } from "../../src/dashboard/access.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

const INSTALLATION = "0123456789abcdef".repeat(3);
const CHOSEN = "open-sesame-123";

let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock(0);
});

function accessWith(token: string | undefined, host = "127.0.0.1"): Access {
  return new Access({ port: 0, host, isOpen: false, token }, INSTALLATION, clock);
}

function cookieOf(access: Access): string {
  return access.loginCookie.split(";", 1)[0] ?? "";
}

/** As many guesses at the same time, and what came of them. */
async function countOf(guesses: readonly Promise<Admission>[]): Promise<Record<string, number>> {
  const answers = Promise.all(guesses);
  await clock.advance(1_000);
  const counts: Record<string, number> = {};
  for (const answer of await answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

const WAYS: readonly (readonly [string, (access: Access, guess: string) => Promise<Admission>])[] = [
  ["a bearer token", (access, guess) => access.admits({ authorization: `Bearer ${guess}` })],
  ["the login form", (access, guess) => access.tries(guess)],
  ["the code of the link", (access, guess) => access.redeems(guess)],
  ["a cookie", (access, guess) => access.admits({ cookie: `${cookieOf(access).split("=", 1)[0] ?? ""}=${guess}` })],
];

describe("guesses", () => {
  test.each(WAYS)("by %s are answered five a second, the others turned away unchecked", async (_way, present) => {
    const access = accessWith(CHOSEN);
    for (let second = 0; second < 3; second++)
      expect(await countOf(Array.from({ length: 1_000 }, (_, guess) => present(access, `guess-${String(guess)}`)))).toEqual({
        refused: 5,
        "too-many": 995,
      });
    expect(clock.pending).toBe(0);
  });

  test("share one limit across all ways", async () => {
    const access = accessWith(CHOSEN);
    expect(await countOf(Array.from({ length: 12 }, (_, guess) => WAYS[guess % 4]![1](access, "guess-guess")))).toEqual({
      refused: 5,
      "too-many": 7,
    });
  });

  test("beyond the limit are not checked: even a correct chosen token is refused", async () => {
    const access = accessWith(CHOSEN);
    const wrong = Array.from({ length: 5 }, () => access.tries("guess-guess"));
    expect(await access.tries(CHOSEN)).toBe("too-many");
    expect(await access.admits({ authorization: `Bearer ${CHOSEN}` })).toBe("too-many");
    await countOf(wrong);
    expect(await access.tries(CHOSEN)).toBe("admitted");
  });

  test.each([
    ["whose browser is logged in", CHOSEN, (access: Access) => access.admits({ cookie: cookieOf(access) })],
    ["who shows the random token", undefined, (access: Access) => access.admits({ authorization: `Bearer ${INSTALLATION}` })],
    ["who follows the link", CHOSEN, (access: Access) => access.redeems(access.code ?? "")],
    ["who logs in with the random token", undefined, (access: Access) => access.tries(INSTALLATION)],
  ])("of a stranger keep out nobody %s", async (_who, token, present) => {
    const access = accessWith(token);
    const wrong = Array.from({ length: 50 }, () => access.tries("guess-guess"));
    expect(await present(access)).toBe("admitted");
    expect(await countOf(wrong)).toEqual({ refused: 5, "too-many": 45 });
  });

  test("with many cookies in one request are one guess", async () => {
    const access = accessWith(CHOSEN);
    const [name = ""] = cookieOf(access).split("=", 1);
    const many = Array.from({ length: 700 }, (_, guess) => `${name}=${String(guess)}`).join("; ");
    expect(await countOf([access.admits({ cookie: `${many}; ${cookieOf(access)}` })])).toEqual({ refused: 1 });
  });

  test("exclude a browser's cookie for another installation, and a request without secrets", async () => {
    const access = accessWith(CHOSEN);
    for (const shown of [{}, { cookie: "" }, { cookie: "alpaca_trader_00000000=abc; other=1" }, { authorization: "Basic YTpi" }])
      expect(await access.admits(shown)).toBe("refused");
    expect(clock.pending).toBe(0);
  });
});

describe("the cookie of a login", () => {
  test("works together with others, until the token or the installation changes", async () => {
    const cookie = `other=1; ${cookieOf(accessWith(CHOSEN))}`;
    expect(await accessWith(CHOSEN).admits({ cookie })).toBe("admitted");
    expect(await countOf([accessWith("another-token").admits({ cookie })])).toEqual({ refused: 1 });
    const elsewhere = new Access({ port: 0, host: "127.0.0.1", isOpen: false, token: CHOSEN }, "f".repeat(48), clock);
    expect(await elsewhere.admits({ cookie })).toBe("refused");
  });

  test("cannot be computed from a chosen token alone, so nobody can test words against it", () => {
    const [name, value] = cookieOf(accessWith(CHOSEN)).split("=");
    const other = cookieOf(new Access({ port: 0, host: "127.0.0.1", isOpen: false, token: CHOSEN }, "f".repeat(48), clock)).split("=");
    expect([name, value]).not.toEqual(other);
    expect(other[1]).not.toBe(value);
  });
});

describe("a name of the machine", () => {
  test.each([
    [undefined, "127.0.0.1", false],
    [undefined, "0.0.0.0", true],
    [CHOSEN, "127.0.0.1", true],
  ])("with the token %p on %s: any other than its own is answered: %p", (token, host, answered) => {
    expect(accessWith(token, host).isOurHost("trader.lan:8787")).toBe(answered);
    expect(accessWith(token, host).isOurHost("localhost:8787")).toBe(true);
  });
});

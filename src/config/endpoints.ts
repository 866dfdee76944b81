import { EXIT, TraderError } from "../domain/errors.ts";

/**
 * An HTTP endpoint in the form the SDK needs: people paste it with or without `/v2` and a trailing slash, and the
 * SDK would turn both into unknown paths.
 * @returns scheme, host and path, without `/v2` and without a trailing slash.
 * @throws TraderError `bad-endpoint` when it is not a plain http(s) address.
 */
export function normaliseEndpoint(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") {
    throw new TraderError("An Alpaca endpoint is not a plain http or https address.", {
      code: "bad-endpoint",
      hint: "Write it as https://paper-api.alpaca.markets, without user name and password.",
      exitCode: EXIT.configuration,
    });
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v2$/i, "").replace(/\/+$/, "");
  return url.origin + path;
}

/** The trade-updates stream of a trading endpoint: `wss://host/stream` (`ws:` for plain http). */
export function streamUrlOf(tradingEndpoint: string): string {
  return `${normaliseEndpoint(tradingEndpoint).replace(/^http/, "ws")}/stream`;
}

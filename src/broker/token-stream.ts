import { streaming } from "@alpacahq/alpaca-trade-api";

/** The SDK demands keys. Nothing but its `sendAuth` would send them, and that is replaced here. */
const NO_KEYS = { keyId: "unused", secret: "unused" } as const;

/** The SDK's trade-updates stream, authenticated with an OAuth token, which the SDK itself can use for requests only. */
export class TokenTradingStream extends streaming.TradingStream {
  readonly #token: string;

  constructor(token: string, options: Omit<streaming.TradingStreamOptions, "credentials">) {
    super({ ...options, credentials: NO_KEYS });
    this.#token = token;
  }

  /** As Alpaca's OAuth guide has it; no account of ours has confirmed it (`docs/to-try-on-paper.md`). */
  protected override sendAuth(): void {
    this.send({ action: "authenticate", data: { oauth_token: this.#token } });
  }
}

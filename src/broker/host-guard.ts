import { readsLiveAccount, type TradingMode } from "../domain/config.ts";
import { EXIT, TraderError } from "../domain/errors.ts";

const ALPACA_DOMAIN = "alpaca.markets";

/** The only Alpaca hosts that cannot move real money. Shadow mode reads the live ones, and the transport sends no order to them. */
const HARMLESS_HOSTS: Record<Exclude<TradingMode, "live" | "shadow">, readonly string[]> = {
  paper: ["paper-api.alpaca.markets", "data.alpaca.markets", "data.sandbox.alpaca.markets"],
  simulator: [],
};

/** Throws unless a request to `url` is allowed. */
export type HostGuard = (url: string) => void;

/**
 * The last check before a request leaves (R27): it goes to exactly the configured scheme, host and port, and
 * in paper and simulator mode to no Alpaca host that could hold real money, whatever was configured.
 * @throws TraderError `live-host` or `foreign-host`, from the returned guard.
 */
export function createHostGuard(mode: TradingMode, configuredUrl: string): HostGuard {
  const configured = originOf(new URL(configuredUrl));
  return (url) => {
    const target = new URL(url);
    assertNotLive(mode, target);
    if (originOf(target) !== configured) {
      throw new TraderError(`A request to ${originOf(target)} was stopped: only ${configured} is configured.`, {
        code: "foreign-host",
        exitCode: EXIT.refused,
      });
    }
  };
}

function assertNotLive(mode: TradingMode, url: URL): void {
  const host = url.hostname.toLowerCase().replace(/\.+$/, "");
  if (host !== ALPACA_DOMAIN && !host.endsWith(`.${ALPACA_DOMAIN}`)) return;
  if (!readsLiveAccount(mode) && !HARMLESS_HOSTS[mode].includes(host)) {
    throw new TraderError(`A request to ${host} was stopped: ${mode} mode never reaches the live venue.`, {
      code: "live-host",
      hint:
        mode === "paper"
          ? "Set ALPACA_PAPER_ENDPOINT to https://paper-api.alpaca.markets."
          : "Unset the endpoint; the simulator has its own.",
      exitCode: EXIT.refused,
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "wss:") {
    throw new TraderError(`A request to ${host} was stopped: without TLS the keys could be intercepted.`, {
      code: "foreign-host",
      hint: "Write the endpoint with https://.",
      exitCode: EXIT.refused,
    });
  }
}

function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

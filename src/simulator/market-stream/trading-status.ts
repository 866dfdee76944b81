import type { Halt } from "../halts.ts";
import { stampOf } from "../timestamps.ts";

interface Words {
  readonly sc: string;
  readonly sm: string;
  readonly rc: string;
  readonly rm: string;
}

/** The codes of NYSE's tapes (CTA) and of Nasdaq's (UTP), as the stream's documentation lists them. */
const WORDS: Readonly<Record<"cta" | "utp", Readonly<Record<Halt["cause"] | "resumed", Words>>>> = {
  cta: {
    volatility: { sc: "2", sm: "Trading Halt", rc: "M", rm: "Limit Up-Limit Down (LULD) Trading Pause" },
    "market-wide": { sc: "2", sm: "Trading Halt", rc: "1", rm: "Market-Wide Circuit Breaker Level 1 – Breached" },
    resumed: { sc: "3", sm: "Resume", rc: "", rm: "" },
  },
  utp: {
    volatility: { sc: "P", sm: "Volatility Trading Pause", rc: "LUDP", rm: "Volatility Trading Pause" },
    "market-wide": { sc: "H", sm: "Trading Halt", rc: "MWC1", rm: "Market Wide Circuit Breaker Halt – Level 1" },
    resumed: { sc: "T", sm: "Trading Resumption", rc: "", rm: "" },
  },
};

/** The message that says a symbol is halted or traded again. */
export function statusMessage(symbol: string, tape: string, { at, cause, halted }: Halt): object {
  const words = WORDS[tape === "C" ? "utp" : "cta"][halted ? cause : "resumed"];
  return { T: "s", S: symbol, ...words, t: stampOf(at, 0), z: tape };
}

import type { Broker, OrderStream } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { failed, ok, type Findings } from "./check.ts";

/** Time for connection, authentication and subscription; at the venue they take a fraction of a second. */
const LIMIT_MS = 5_000;

export type Handshake = { readonly kind: "listening"; readonly tookMs: number } | { readonly kind: "lost"; readonly detail: string };

/** Connects, authenticates, listens, and disconnects. */
export async function shakeHands(broker: Pick<Broker, "watchOrders">, clock: Clock): Promise<Handshake> {
  const began = clock.monotonic();
  const over = new AbortController();
  let stream: OrderStream | undefined;
  const answer = new Promise<Handshake>((resolve) => {
    stream = broker.watchOrders({
      onUpdate: () => undefined,
      onState: (state, detail) => {
        if (state === "listening") resolve({ kind: "listening", tookMs: clock.monotonic() - began });
        if (state === "lost") resolve({ kind: "lost", detail });
      },
    });
  });
  const late = clock
    .sleep(LIMIT_MS, over.signal)
    .then((): Handshake => ({ kind: "lost", detail: `nothing was acknowledged within ${String(LIMIT_MS / 1_000)} s` }));
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
    stream?.close();
  }
}

/** The stream only speeds things up: orders are polled with or without it. */
export function judgeHandshake(handshake: Handshake): Findings {
  if (handshake.kind === "listening") return ok(`connected, authenticated and listening (in ${handshake.tookMs.toFixed(0)} ms)`);
  return failed(
    `cannot connect: ${handshake.detail}`,
    "Trading works without it, a little slower. A proxy or firewall may block websockets, or another program uses the account's only stream.",
  );
}

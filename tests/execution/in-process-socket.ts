import type { StreamSocket } from "../../src/broker/stream-connection.ts";
import type { Clock } from "../../src/domain/clock.ts";
import type { Venue } from "../../src/simulator/venue.ts";

type Handler = (...args: never[]) => void;

/** A websocket that ends in the venue without a network: frames arrive in a turn of their own, in order. */
export function inProcessSocket(venue: Venue, clock: Clock): StreamSocket {
  const handlers = new Map<string, Handler[]>();
  const emit = (event: string, ...args: unknown[]): void => {
    for (const handler of handlers.get(event) ?? []) (handler as (...all: unknown[]) => void)(...args);
  };
  const socket = {
    readyState: 0,
    on(event: string, handler: Handler) {
      handlers.set(event, [...(handlers.get(event) ?? []), handler]);
      return socket;
    },
    off: () => socket,
    removeAllListeners: () => {
      handlers.clear();
      return socket;
    },
    send: (frame: string | Uint8Array) => void clock.after(0, () => session.receive(frame)),
    ping: () => void clock.after(0, () => emit("pong")),
    close: () => socket.terminate(),
    terminate: () => {
      if (socket.readyState === 3) return;
      socket.readyState = 3;
      session.closed();
      clock.after(0, () => emit("close", 1006, Buffer.from("")));
    },
  };
  const session = venue.openStream(
    (frame) => void clock.after(0, () => emit("message", Buffer.from(frame), true)),
    () => socket.terminate(),
  );
  clock.after(0, () => {
    socket.readyState = 1;
    emit("open");
  });
  return socket;
}

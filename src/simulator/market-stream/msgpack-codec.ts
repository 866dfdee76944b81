import { decode, encode, encodeTimeSpecToTimestamp, EXT_TIMESTAMP, ExtData } from "@msgpack/msgpack";
import { nanosOf } from "../timestamps.ts";
import type { Codec } from "./codec.ts";

const NANOS_PER_SECOND = 1_000_000_000n;

/** MessagePack, in which a time is a timestamp of nanoseconds, not a text. */
export const msgpackCodec: Codec = {
  binary: true,
  encode: (messages) => encode(messages.map(withTimestamp)),
  decode: (frame) => {
    try {
      return decode(frame);
    } catch {
      return undefined;
    }
  },
};

/** Keys keep their order: Alpaca's Go client reads the first one as the type. */
function withTimestamp(message: object): object {
  const nanos = "t" in message && typeof message.t === "string" ? nanosOf(message.t) : undefined;
  if (nanos === undefined) return message;
  const time = { sec: Number(nanos / NANOS_PER_SECOND), nsec: Number(nanos % NANOS_PER_SECOND) };
  return { ...message, t: new ExtData(EXT_TIMESTAMP, encodeTimeSpecToTimestamp(time)) };
}

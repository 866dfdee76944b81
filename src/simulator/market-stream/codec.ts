import { venueJson } from "../wire.ts";

/** How the frames of one connection are written. */
export interface Codec {
  readonly binary: boolean;
  encode(messages: readonly object[]): string | Uint8Array;
  /** `undefined` for a frame that cannot be read. */
  decode(frame: Uint8Array): unknown;
}

export const jsonCodec: Codec = {
  binary: false,
  encode: venueJson,
  decode: (frame) => {
    try {
      return JSON.parse(new TextDecoder().decode(frame)) as unknown;
    } catch {
      return undefined;
    }
  },
};

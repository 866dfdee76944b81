import { type Codec, jsonCodec } from "./codec.ts";

/** The codec that a client asks for in its handshake. MessagePack is loaded for the first client that does. */
export async function codecFor(contentType: string | undefined): Promise<Codec> {
  if (contentType?.split(";")[0]?.trim().toLowerCase() !== "application/msgpack") return jsonCodec;
  return (await import("./msgpack-codec.ts")).msgpackCodec;
}

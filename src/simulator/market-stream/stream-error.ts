/** What the stream can answer instead of data, in Alpaca's words (docs: streaming-market-data; 408 from an earlier edition). */
const STREAM_ERRORS = {
  400: "invalid syntax",
  401: "not authenticated",
  402: "auth failed",
  403: "already authenticated",
  404: "auth timeout",
  405: "symbol limit exceeded",
  406: "connection limit exceeded",
  407: "slow client",
  408: "v2 not enabled",
  409: "insufficient subscription",
  410: "invalid subscribe action for this feed",
  500: "internal error",
} as const;

export type StreamErrorCode = keyof typeof STREAM_ERRORS;

/** A client's message that the stream refuses; its connection stays open. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly code: StreamErrorCode;

  constructor(code: StreamErrorCode) {
    super(STREAM_ERRORS[code]);
    this.code = code;
  }
}

export function errorMessage(code: StreamErrorCode): object {
  return { T: "error", code, msg: STREAM_ERRORS[code] };
}

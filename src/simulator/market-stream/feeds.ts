/** The streams of market data that exist at the venue. */
export type DataFeed = "sip" | "iex" | "delayed_sip" | "boats" | "overnight" | "test";

export interface FeedTerms {
  readonly path: string;
  /** How far it is behind the market, in milliseconds. */
  readonly delayMs: number;
  /** Whether the free plan is without it. */
  readonly paid: boolean;
}

export const DATA_FEEDS: Readonly<Record<DataFeed, FeedTerms>> = {
  sip: { path: "/v2/sip", delayMs: 0, paid: true },
  iex: { path: "/v2/iex", delayMs: 0, paid: false },
  delayed_sip: { path: "/v2/delayed_sip", delayMs: 900_000, paid: false },
  boats: { path: "/v1beta1/boats", delayMs: 0, paid: true },
  overnight: { path: "/v1beta1/overnight", delayMs: 0, paid: false },
  test: { path: "/v2/test", delayMs: 0, paid: false },
};

/** The feed at a path, with or without a slash at its end. */
export function feedAt(path: string): DataFeed | undefined {
  const plain = path.replace(/\/$/, "");
  return (Object.keys(DATA_FEEDS) as DataFeed[]).find((feed) => DATA_FEEDS[feed].path === plain);
}

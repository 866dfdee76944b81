import type { Log } from "../../src/logging/logger.ts";
import type { Message } from "../../src/notifications/notice.ts";

/** 2025-07-16 10:42:58.025 in New York. */
export const NOW = 1_752_676_978_025;

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

/** The service's response to a request: an answer, a failure, or silence until it is aborted. */
export type Deed = { status: number; headers?: Record<string, string>; body?: string } | { fails: Error } | "silent";

/** Replaces the network and any service behind it; responses are used one by one, the last one repeats. */
export class RecordingService {
  readonly asked: Asked[] = [];
  readonly #deeds: Deed[];

  constructor(...deeds: Deed[]) {
    this.#deeds = deeds.length === 0 ? [{ status: 200, body: "ok" }] : deeds;
  }

  readonly fetch: typeof fetch = (input, init = {}) => {
    this.asked.push({
      url: input as string,
      method: init.method ?? "GET",
      headers: new Headers(init.headers),
      body: (init.body as string | undefined) ?? "",
    });
    const deed = this.#deeds.length > 1 ? this.#deeds.shift() : this.#deeds[0];
    if (deed === "silent" || deed === undefined) return new Promise<Response>(() => undefined);
    if ("fails" in deed) return Promise.reject(new TypeError("fetch failed", { cause: deed.fails }));
    return Promise.resolve(new Response(deed.body ?? null, { status: deed.status, headers: deed.headers ?? {} }));
  };

  get bodies(): unknown[] {
    return this.asked.map(({ body }) => JSON.parse(body) as unknown);
  }

  get titles(): unknown[] {
    return this.bodies.map((body) => (body as { title: unknown }).title);
  }
}

export function refusedConnection(): Deed {
  return { fails: Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" }) };
}

export class RecordingLog implements Log {
  readonly lines: string[] = [];
  readonly error = (text: string): void => void this.lines.push(`error ${text}`);
  readonly warn = (text: string): void => void this.lines.push(`warn ${text}`);
  readonly info = (text: string): void => void this.lines.push(`info ${text}`);
  readonly debug = (text: string): void => void this.lines.push(`debug ${text}`);
  child(): Log {
    return this;
  }

  /** What a reader of the log sees. */
  get seen(): string[] {
    return this.lines.filter((line) => !line.startsWith("debug"));
  }
}

export function message(change: Partial<Message> = {}): Message {
  return {
    kind: "execution",
    level: "info",
    key: "execution:1:on-target",
    at: NOW,
    mode: "paper",
    account: "PA3TEST00001",
    host: "vps",
    title: "PAPER: on target",
    lines: ["Bought: SMR $31,200.00.", "alpaca-trader on vps, paper account PA3TEST00001"],
    ...change,
  };
}

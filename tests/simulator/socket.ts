import { WebSocket } from "ws";

/** A websocket client that records its frames. */
export interface SocketClient {
  readonly frames: { readonly binary: boolean; readonly message: Record<string, unknown> }[];
  readonly socket: WebSocket;
  send(message: unknown): void;
  /** Resolves with the first matching frame, past or future. */
  until(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  closed: Promise<void>;
}

export async function connect(url: string): Promise<SocketClient> {
  const socket = new WebSocket(url);
  const frames: SocketClient["frames"] = [];
  const waiting: (() => void)[] = [];
  socket.on("message", (data: Buffer, binary) => {
    frames.push({ binary, message: JSON.parse(data.toString()) as Record<string, unknown> });
    for (const look of waiting) look();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", () => {
      resolve();
    });
    socket.on("error", reject);
  });
  return {
    frames,
    socket,
    closed,
    send(message) {
      socket.send(typeof message === "string" ? message : JSON.stringify(message));
    },
    until: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = frames.find(({ message }) => fits(message));
          if (found !== undefined) resolve(found.message);
        };
        waiting.push(look);
        look();
      }),
  };
}

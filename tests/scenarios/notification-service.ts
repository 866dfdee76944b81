import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the service treats a request. `hang`: it takes it and never answers. */
export type Manner =
  | "accept"
  | "hang"
  | "drop"
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A webhook, a Telegram API and a heartbeat watcher on this machine, as good or as bad as a test wants. */
export class NotificationService {
  readonly received: Received[] = [];
  manner: Manner = "accept";
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#receive(request, response));
  }

  static async open(): Promise<NotificationService> {
    const service = new NotificationService(createServer());
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** The parts of plain JSON webhooks, in the order of their arrival. */
  get messages(): { event: string; title: string; text: string; repeated: boolean }[] {
    return this.received.filter(({ path }) => path.startsWith("/hook")).map(({ body }) => JSON.parse(body) as never);
  }

  get titles(): string[] {
    return this.messages.map(({ title }) => title);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      this.received.push({ method: request.method ?? "", path: request.url ?? "", body });
      this.#answer(response);
    });
  }

  #answer(response: ServerResponse): void {
    const { manner } = this;
    if (manner === "hang") return;
    if (manner === "drop") response.destroy();
    else if (manner === "accept") response.end('{"ok":true}');
    else response.writeHead(manner.status, manner.headers).end(manner.body ?? "");
  }
}

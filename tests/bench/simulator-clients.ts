import { Agent, request } from "node:http";
import { WebSocket } from "ws";

const SECRET = "secret";
const EVENT = /"event":"(\w+)"/;

/** Some accounts' clients at one simulator, over connections that stay open. */
export class SimulatorClients {
  readonly #url: URL;
  readonly #agent: Agent;

  /** @param connections most requests under way at once. */
  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @returns the body's length. @throws when the answer is not 2xx. */
  ask(key: string, method: "GET" | "POST", path: string, body?: object): Promise<number> {
    const { hostname, port } = this.#url;
    const headers = { "apca-api-key-id": key, "apca-api-secret-key": SECRET };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers, agent: this.#agent }, (response) => {
        let [length, text] = [0, ""];
        response.setEncoding("utf8").on("data", (chunk: string) => {
          length += chunk.length;
          text = text.length > 200 ? text : text + chunk;
        });
        response.on("error", reject).on("end", () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(length);
          else reject(new Error(`${method} ${path} was answered with ${String(status)}: ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Follows the order updates of an account. @param onUpdate called with the event of each. */
  async follow(key: string, onUpdate: (event: string) => void): Promise<WebSocket> {
    const socket = new WebSocket(`ws://${this.#url.host}/stream`);
    const listening = new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (data: Buffer) => {
        const text = data.toString();
        const [, event] = EVENT.exec(text) ?? [];
        if (event !== undefined) onUpdate(event);
        else if (text.includes('"listening"')) resolve();
      });
      socket.on("open", () => {
        socket.send(JSON.stringify({ action: "auth", key, secret: SECRET }));
        socket.send(JSON.stringify({ action: "listen", data: { streams: ["trade_updates"] } }));
      });
    });
    await listening;
    return socket;
  }
}

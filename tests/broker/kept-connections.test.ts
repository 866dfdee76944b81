import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { KeptConnections } from "../../src/broker/kept-connections.ts";

let server: Server;
let kept: KeptConnections;
let connections = 0;

afterEach(async () => {
  kept.close();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function serve(answer: RequestListener): Promise<string> {
  connections = 0;
  kept = new KeptConnections();
  server = createServer(answer).on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function textOf({ body }: Awaited<ReturnType<KeptConnections["send"]>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("requests one after the other share a connection, and those side by side have their own", async () => {
  const url = await serve((request, response) => response.end(`${request.method ?? ""} ${request.url ?? ""}`));
  for (const path of ["/a", "/b?c=d"]) expect(await textOf(await kept.send(url + path, {}))).toBe(`GET ${path}`);
  expect(connections).toBe(1);
  const answers = await Promise.all([kept.send(`${url}/1`, {}), kept.send(`${url}/2`, {}), kept.send(`${url}/3`, {})]);
  await Promise.all(answers.map(textOf));
  expect(connections).toBe(3);
});

test("a request carries its method, headers and body, and the answer its status and headers", async () => {
  const url = await serve((request, response) => {
    const { method, headers } = request;
    const asked = [method, headers["x-key"], headers["content-length"], headers["accept-encoding"]].join(" ");
    request.resume().on("end", () => response.writeHead(422, { "X-Request-ID": "id-1" }).end(asked));
  });
  const answer = await kept.send(url, { method: "POST", headers: { "X-Key": "k" }, body: "{}" });
  expect([answer.ok, answer.status, answer.headers.get("x-request-id")]).toEqual([false, 422, "id-1"]);
  expect(await textOf(answer)).toBe("POST k 2 identity");
});

test.each([
  ["used where Node is told to use it", "1", "asked for http://127.0.0.1:1/v2/clock"],
  ["left alone otherwise", "0", "nobody there"],
])("a proxy of the environment is %s", async (_, told, expected) => {
  const url = await serve((request, response) => response.end(`asked for ${request.url ?? ""}`));
  const proxied = new KeptConnections({ NODE_USE_ENV_PROXY: told, HTTP_PROXY: url, NO_PROXY: "" });
  const answer = proxied.send("http://127.0.0.1:1/v2/clock", {}).then(textOf, () => "nobody there");
  expect(await answer).toBe(expected);
  proxied.close();
});

test.each([
  ["a redirect, which would carry the keys elsewhere", 307, { Location: "http://127.0.0.1:1/" }, "redirect"],
  ["a compressed answer, which nobody asked for", 200, { "Content-Encoding": "br" }, "compressed (br)"],
])("%s is refused", async (_, status, headers, message) => {
  const url = await serve((_request, response) => response.writeHead(status, headers).end("x"));
  await expect(kept.send(url, {})).rejects.toThrow(message);
});

test("an aborted request ends at once, and its connection is not used again", async () => {
  const url = await serve((request, response) => (request.url === "/hang" ? undefined : response.end("ok")));
  const abort = new AbortController();
  const hanging = kept.send(`${url}/hang`, { signal: abort.signal });
  await once(server, "request");
  abort.abort(new Error("enough"));
  await expect(hanging).rejects.toThrow();
  expect(await textOf(await kept.send(`${url}/ok`, {}))).toBe("ok");
  expect(connections).toBe(2);
});

test("an answer that breaks off rejects while it is read", async () => {
  const url = await serve((request, response) => {
    response.writeHead(200, { "Content-Length": "100" }).write("{");
    setImmediate(() => request.socket.destroy());
  });
  await expect(kept.send(url, {}).then(textOf)).rejects.toThrow();
});

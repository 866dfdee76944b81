import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { PostResult } from "../../src/notifications/post.ts";
import { post } from "../../src/notifications/post.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const server = createServer();
let handle: Handler = (_request, response) => response.end();
let seen: IncomingMessage[] = [];

server.on("request", (request: IncomingMessage, response: ServerResponse) => {
  seen.push(request);
  handle(request, response);
});

beforeEach(async () => {
  seen = [];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function address(path = "/hook", credentials = ""): string {
  return `http://${credentials}127.0.0.1:${String((server.address() as AddressInfo).port)}${path}`;
}

function send(url: string, giveUp: AbortSignal = new AbortController().signal): Promise<PostResult> {
  return post({ clock: systemClock, fetch }, { url, method: "POST", headers: {}, body: "text" }, giveUp);
}

describe("a request to a service", () => {
  test("returns status, headers and the beginning of a body of any length", async () => {
    handle = (_request, response) => response.writeHead(429, { "Retry-After": "7" }).end("x".repeat(1_000_000));
    const result = await send(address());
    expect(result).toMatchObject({ kind: "answered", answer: { status: 429 } });
    if (result.kind !== "answered") return;
    expect(result.answer.headers.get("Retry-After")).toBe("7");
    expect(result.answer.body).toBe("x".repeat(8_192));
  });

  test("does not follow a redirect, neither here nor elsewhere", async () => {
    handle = ({ url }, response) => (url === "/hook" ? response.writeHead(307, { Location: address("/elsewhere") }).end() : response.end());
    expect(await send(address())).toMatchObject({ kind: "answered", answer: { status: 307 } });
    expect(seen.map(({ url }) => url)).toEqual(["/hook"]);
  });

  test("passes user and password of the address as a header", async () => {
    handle = (_request, response) => response.end();
    await send(address("/hook", "me:pass%20word@"));
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:pass word").toString("base64")}`);
  });

  test("takes a bare % in a password as it is written", async () => {
    handle = (_request, response) => response.end();
    expect(await send(address("/hook", "me:100%sure@"))).toMatchObject({ kind: "answered" });
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:100%sure").toString("base64")}`);
  });

  test("that nobody accepts was not sent", async () => {
    const free = address();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await send(free)).toEqual({ kind: "not-sent", reason: expect.stringContaining("ECONNREFUSED") as unknown });
  });

  test("that is cut off, or answered with something other than HTTP, may have arrived", async () => {
    handle = (_request, response) => response.destroy();
    expect(await send(address())).toMatchObject({ kind: "unanswered" });
    handle = (request) => request.socket.end("this is no HTTP\r\n\r\n");
    expect(await send(address())).toMatchObject({ kind: "unanswered" });
  });

  test("is aborted at once when the program ends", async () => {
    handle = () => undefined;
    const giveUp = new AbortController();
    const sent = send(address(), giveUp.signal);
    while (seen.length === 0) await systemClock.sleep(5);
    giveUp.abort();
    expect(await sent).toEqual({ kind: "unanswered", reason: "aborted because the program is ending" });
    expect(await send(address(), giveUp.signal)).toMatchObject({ kind: "unanswered" });
  });
});

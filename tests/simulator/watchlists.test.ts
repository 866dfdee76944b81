import { beforeEach, describe, expect, test } from "@jest/globals";
import { Exchange } from "../../src/simulator/exchange.ts";
import { type Client, clientOf, openExchange, type Reply } from "./fixture.ts";

describe("watchlists", () => {
  let client: Client;
  let exchange: Exchange;
  let id: string;

  beforeEach(async () => {
    ({ exchange } = openExchange());
    client = clientOf(exchange);
    id = ((await client.request("POST", "/v2/watchlists", { name: "mine", symbols: ["SPY", "LEU"] })).json as { id: string }).id;
  });

  const symbolsIn = ({ json }: Reply): string[] => (json as { assets: { symbol: string }[] }).assets.map(({ symbol }) => symbol);

  test("keep their assets in order, each once, by id and by name", async () => {
    expect(symbolsIn(await client.request("POST", `/v2/watchlists/${id}`, { symbol: "SMR" }))).toEqual(["SPY", "LEU", "SMR"]);
    expect(symbolsIn(await client.request("POST", "/v2/watchlists:by_name?name=mine", { symbol: "SPY" }))).toEqual(["SPY", "LEU", "SMR"]);
    expect(symbolsIn(await client.request("DELETE", `/v2/watchlists/${id}/SPY`))).toEqual(["LEU", "SMR"]);
    expect(symbolsIn(await client.request("PUT", `/v2/watchlists/${id}`, { symbols: ["BTAL"] }))).toEqual(["BTAL"]);
    expect(symbolsIn(await client.request("PUT", `/v2/watchlists/${id}`, { name: "yours" }))).toEqual(["BTAL"]);
    expect((await client.request("GET", "/v2/watchlists")).json).toMatchObject([{ id, name: "yours" }]);
    expect((await client.request("DELETE", "/v2/watchlists:by_name?name=yours")).status).toBe(204);
    expect((await client.request("GET", "/v2/watchlists")).json).toEqual([]);
  });

  test("survive a restart, and the change of a symbol", async () => {
    await client.request("POST", "/simulator/assets", { symbol: "LEU", renamed_to: "LEUX" });
    const restored = new Exchange({ clock: exchange.clock, state: exchange.serialize() });
    expect(symbolsIn(await clientOf(restored).request("GET", `/v2/watchlists/${id}`))).toEqual(["SPY", "LEUX"]);
  });

  test.each([
    ["POST", "", { name: "mine" }, 422, "watchlist name must be unique"],
    ["POST", "", {}, 422, "watchlist name is required"],
    ["POST", "", { name: "other", symbols: ["ZZZZ"] }, 422, "asset not found: ZZZZ"],
    ["GET", "/61e69015-8549-4bfd-b9c3-01e75843f47d", undefined, 404, "watchlist not found"],
    ["GET", ":by_name?name=yours", undefined, 404, "watchlist not found"],
  ])("%s /v2/watchlists%s is refused for %p", async (method, path, body, status, message) => {
    expect(await client.request(method, `/v2/watchlists${path}`, body)).toMatchObject({ status, json: { message } });
  });
});

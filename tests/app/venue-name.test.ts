import { expect, test } from "@jest/globals";
import { venueName } from "../../src/app/venue-access.ts";
import type { AlpacaConfig } from "../../src/domain/config.ts";

function at(tradingUrl: string): AlpacaConfig {
  return { tradingUrl, dataUrl: tradingUrl, streamUrl: "", dataFeed: undefined, keyId: "", secret: "" };
}

test.each([
  ["https://paper-api.alpaca.markets", "Alpaca paper"],
  ["http://127.0.0.1:9911", "Alpaca paper at 127.0.0.1:9911"],
  ["https://alpaca.markets.example.com", "Alpaca paper at alpaca.markets.example.com"],
  ["https://notalpaca.markets", "Alpaca paper at notalpaca.markets"],
])("%s is called by its name, with the address where it is not Alpaca's own", (url, name) => {
  expect(venueName({ mode: "paper", alpaca: at(url) })).toBe(name);
});

test("the simulator of the mode needs no address", () => {
  expect(venueName({ mode: "simulator", alpaca: undefined })).toBe("the built-in simulator");
});

import { beforeAll, describe, expect, test } from "@jest/globals";
import addFormatsModule from "ajv-formats";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { EVERY_ACTION } from "./every-action.ts";
import { type Operation, readSpecifications, type Specification } from "./specifications.ts";
import { clientOf, type Client, holding, KEYS, limitOrder, marketOrder, openExchange, type Reply } from "./fixture.ts";

const METHODS = ["get", "post", "patch", "put", "delete"];
const FORMATS = ["decimal", "double", "float", "int32", "int64", "uint32", "uint64", "ulid"];
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;

interface Contract {
  readonly ajv: Ajv2020;
  readonly specifications: ReadonlyMap<string, Specification>;
}

function openContract(): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  for (const format of FORMATS) ajv.addFormat(format, true);
  const specifications = readSpecifications();
  for (const [name, specification] of specifications) ajv.addSchema(asRecorded(specification), name);
  return { ajv, specifications };
}

/**
 * Where the documents' schemas contradict their own words or examples, and every recorded answer: the date of an
 * activity has no time, and an exit's own legs are null.
 */
function asRecorded(specification: Specification): Specification {
  return JSON.parse(JSON.stringify(specification), (key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if (key === "date" && "format" in value) return { ...value, format: "date" };
    return key === "legs" && "type" in value && value.type === "object" ? { ...value, type: ["object", "null"] } : value;
  }) as Specification;
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.]/g, "[.]").replace(/\{[^}]+\}/g, "[^/]+")}$`);
}

/** The path of the document that a request fits; one without a variable comes first. */
function templateOf(paths: Specification["paths"], path: string): string | undefined {
  const templates = Object.keys(paths).sort((first, second) => Number(first.includes("{")) - Number(second.includes("{")));
  return templates.find((each) => patternOf(each).test(path));
}

/** Of a refusal; market data names none. */
function codeOf({ json }: Reply): string {
  return String((json as { code?: number }).code ?? "without a code");
}

/** The schema of an answer; `undefined` where the specification does not describe it. */
function schemaOf({ ajv, specifications }: Contract, method: string, path: string, status: number): ValidateFunction | undefined {
  for (const [name, { paths }] of specifications) {
    const template = templateOf(paths, path);
    const responses = template === undefined ? undefined : (paths[template]?.[method.toLowerCase()] as Operation | undefined)?.responses;
    if (template === undefined || !JSON.stringify(responses?.[String(status)] ?? {}).includes('"application/json"')) continue;
    const pointer = ["paths", template, method.toLowerCase(), "responses", String(status), "content", "application/json", "schema"];
    return ajv.compile({
      $ref: `${name}#/${pointer.map((part) => encodeURIComponent(part.replace(/~/g, "~0").replace(/\//g, "~1"))).join("/")}`,
    });
  }
  return undefined;
}

const ERROR_BODY = {
  type: "object",
  required: ["message"],
  additionalProperties: false,
  properties: {
    code: { type: "integer", minimum: 40000000, maximum: 59999999 },
    message: { type: "string", minLength: 1 },
    buying_power: { $ref: "#/$defs/amount" },
    cost_basis: { $ref: "#/$defs/amount" },
    available: { $ref: "#/$defs/amount" },
    existing_qty: { $ref: "#/$defs/amount" },
    held_for_orders: { $ref: "#/$defs/amount" },
    symbol: { type: "string" },
    related_orders: { type: "array", items: { type: "string", format: "uuid" } },
    existing_order_id: { type: "string", format: "uuid" },
    base_price: { $ref: "#/$defs/amount" },
    market_price: { $ref: "#/$defs/amount" },
    stop_price: { $ref: "#/$defs/amount" },
    reject_reason: { enum: ["opposite side market/stop order exists", "opposite side limit order exists"] },
  },
  $defs: { amount: { type: "string", pattern: "^-?(0|[1-9][0-9]*)([.][0-9]*[1-9])?$" } },
};

const STREAM_FRAME = {
  oneOf: [
    frameOf("authorization", ["action", "status"], {
      action: { enum: ["authenticate", "listen"] },
      status: { enum: ["authorized", "unauthorized"] },
    }),
    frameOf("listening", ["streams"], { streams: { type: "array", items: { const: "trade_updates" } } }),
    frameOf("trade_updates", ["event", "timestamp", "at", "event_id", "execution_id", "order"], {
      event: {
        enum: [
          ...["pending_new", "accepted", "held", "new", "partial_fill", "fill"],
          ...["pending_cancel", "canceled", "expired", "rejected", "replaced"],
        ],
      },
      timestamp: { $ref: "#/$defs/nanos" },
      at: { $ref: "#/$defs/nanos" },
      event_id: { type: "string", pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" },
      execution_id: { type: "string", format: "uuid" },
      price: { $ref: "#/$defs/amount" },
      qty: { $ref: "#/$defs/amount" },
      position_qty: { $ref: "#/$defs/amount" },
      order: { type: "object", required: ["id", "client_order_id", "status", "filled_qty", "symbol", "side"] },
    }),
  ],
  $defs: {
    amount: ERROR_BODY.$defs.amount,
    nanos: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{0,8}[1-9])?Z$" },
  },
};

function frameOf(stream: string, required: string[], properties: object): object {
  const data = { type: "object", additionalProperties: false, required, properties };
  return { type: "object", additionalProperties: false, required: ["stream", "data"], properties: { stream: { const: stream }, data } };
}

interface Exchanged {
  readonly method: string;
  readonly path: string;
  readonly reply: Reply;
}

/** A session that makes the venue give every kind of answer. */
async function everyAnswer(): Promise<{ exchanged: Exchanged[]; frames: string[] }> {
  const { clock, exchange } = openExchange({
    positions: [holding("LEU", "10.5", "190"), holding("BTAL", "3", "19")],
    partialFillProbability: 0.5,
  });
  const client: Client = clientOf(exchange, { rateLimitPerMinute: "off" });
  const frames: string[] = [];
  const session = client.venue.openStream(
    (frame) => frames.push(frame),
    () => undefined,
  );
  session.receive('{"action":"listen","data":{"streams":["trade_updates"]}}');
  session.receive('{"action":"auth","key":"k","secret":"s"}');
  session.receive('{"action":"listen","data":{"streams":["trade_updates"]}}');
  const exchanged: Exchanged[] = [];
  const call = async (method: string, url: string, body?: unknown): Promise<Reply> => {
    const reply = await client.request(method, url, body);
    exchanged.push({ method, path: url.split("?")[0]!, reply });
    await clock.advance(300);
    return reply;
  };
  const idOf = (reply: Reply): string => (reply.json as { id: string }).id;

  await call("POST", "/v2/orders", { ...marketOrder("buy", "SMR", { notional: "500" }), client_order_id: "first" });
  await call("POST", "/v2/orders", { ...marketOrder("buy", "SMR", { notional: "500" }), client_order_id: "first" });
  const resting = idOf(await call("POST", "/v2/orders", limitOrder("buy", "SPY", "1", "500")));
  await call("GET", `/v2/orders/${resting}`);
  const replaced = idOf(await call("PATCH", `/v2/orders/${resting}`, { limit_price: "510" }));
  await call("DELETE", `/v2/orders/${replaced}`);
  await call("DELETE", `/v2/orders/${idOf(await call("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "1" })))}`);
  await call("POST", "/v2/orders", limitOrder("sell", "LEU", "10", "300"));
  await call("POST", "/v2/orders", limitOrder("sell", "LEU", "10", "300"));
  await call("POST", "/v2/orders", marketOrder("buy", "LEU", { qty: "1" }));
  await call("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "100000" }));
  await call("POST", "/v2/orders", marketOrder("buy", "NONE", { qty: "1" }));
  await call("POST", "/v2/orders", {
    symbol: "SMR",
    side: "buy",
    type: "stop_limit",
    time_in_force: "gtc",
    qty: "1",
    stop_price: "90",
    limit_price: "91",
  });
  const exits = { take_profit: { limit_price: "700" }, stop_loss: { stop_price: "500" } };
  const bracket = { ...marketOrder("buy", "SPY", { qty: "2" }), order_class: "bracket", ...exits };
  const [, stop] = ((await call("POST", "/v2/orders", bracket)).json as { legs: { id: string }[] }).legs;
  await call("PATCH", `/v2/orders/${stop!.id}`, { stop_price: "510" });
  await call("POST", "/v2/orders", { ...bracket, take_profit: { limit_price: "600" } });
  await call("POST", "/v2/orders", { ...bracket, order_class: "oto" });
  const trailing = { symbol: "BTAL", side: "sell", type: "trailing_stop", time_in_force: "gtc", qty: "1", trail_percent: "5" };
  await call("PATCH", `/v2/orders/${idOf(await call("POST", "/v2/orders", trailing))}`, { trail: "6" });
  await call("POST", "/v2/orders", { ...trailing, type: "stop", trail_percent: null, stop_price: "30" });
  for (const time_in_force of ["ioc", "fok", "opg", "cls"])
    await call("POST", "/v2/orders", { ...limitOrder("buy", "SMR", "1", "39"), time_in_force });
  await call("POST", "/v2/orders", { ...limitOrder("buy", "SMR", "1", "39"), extended_hours: true });
  for (const query of ["", "?status=all&nested=true", "?status=all", "?status=closed", "?status=wrong"])
    await call("GET", `/v2/orders${query}`);
  await call("GET", "/v2/orders:by_client_order_id?client_order_id=first");
  await call("GET", "/v2/orders:by_client_order_id?client_order_id=none");
  for (const path of ["", "/LEU", "/SPY"]) await call("GET", `/v2/positions${path}`);
  await call("DELETE", "/v2/positions/BTAL?percentage=50");
  await call("DELETE", "/v2/orders");
  exchange.transfer("100");
  for (const path of [
    "/v2/account",
    "/v2/account/configurations",
    "/v2/account/activities",
    "/v2/account/activities/FILL",
    "/v2/account/activities/CSD",
  ]) {
    await call("GET", path);
  }
  await call("PATCH", "/v2/account/configurations", { no_shorting: true });
  for (const path of ["/v2/assets", "/v2/assets/SMR", "/v2/assets/NONE", "/v2/clock", "/v2/calendar?start=2025-06-01&end=2025-12-31"])
    await call("GET", path);
  for (const timeframe of ["1Min", "5Min", "15Min", "1Hour", "1Day"]) {
    await call("GET", `/v2/stocks/bars?symbols=SPY,SMR&timeframe=${timeframe}&start=2025-07-11&limit=50`);
  }
  for (const kind of ["trades", "quotes", "bars"]) await call("GET", `/v2/stocks/${kind}/latest?symbols=SPY,SMR`);
  for (const path of [
    "snapshots?symbols=SPY,SMR",
    "trades?symbols=SPY,SMR&limit=15",
    "quotes?symbols=SPY,SMR&start=2025-07-14T14:59:00Z&limit=100",
    "SPY/bars?timeframe=1Day",
    "SPY/trades?limit=5&sort=desc",
    "SPY/quotes?limit=5",
    "SPY/trades/latest",
    "SPY/quotes/latest",
    "SPY/bars/latest",
    "SPY/snapshot",
  ]) {
    await call("GET", `/v2/stocks/${path}`);
  }
  for (const query of ["", "?period=1D&timeframe=5Min", "?period=1W&intraday_reporting=continuous&timeframe=1H", "?cashflow_types=ALL"])
    await call("GET", `/v2/account/portfolio/history${query}`);
  await call("GET", "/v2/account/portfolio/history?period=1D&start=2025-07-01&end=2025-07-02");
  for (const path of [
    "clock",
    "clock?markets=XNYS,IEX&time=2025-07-04T12:00:00Z",
    "clock?markets=LSE",
    "calendar/NYSE",
    "calendar/NASDAQ?timezone=UTC",
  ])
    await call("GET", `/v3/${path}`);
  const watchlist = `/v2/watchlists/${idOf(await call("POST", "/v2/watchlists", { name: "one", symbols: ["SPY"] }))}`;
  for (const [method, path] of [
    ["POST", watchlist],
    ["GET", watchlist],
    ["GET", "/v2/watchlists"],
    ["DELETE", `${watchlist}/SMR`],
    ["DELETE", watchlist],
    ["GET", watchlist],
  ] as const)
    await call(method, path, method === "POST" ? { symbol: "SMR" } : undefined);
  const named = "/v2/watchlists:by_name?name=two";
  const { id: second } = (await call("POST", "/v2/watchlists", { name: "two", symbols: ["SPY"] })).json as { id: string };
  await call("PUT", `/v2/watchlists/${second}`, { name: "two", symbols: ["LEU"] });
  await call("GET", named);
  await call("POST", named, { symbol: "SMR" });
  await call("PUT", named, { name: "two", symbols: ["SPY"] });
  await call("DELETE", named);
  const limited = clientOf(exchange, { rateLimitPerMinute: 1 });
  for (const headers of [{}, KEYS, KEYS])
    exchanged.push({ method: "GET", path: "/v2/account", reply: await limited.request("GET", "/v2/account", undefined, headers) });
  exchange.split("LEU", "1:10");
  exchange.split("SMR", "3:2");
  await call("GET", "/v1/corporate-actions?symbols=LEU,SMR,SPY");
  await call("GET", "/v1/corporate-actions?types=cash_dividend");
  for (const action of EVERY_ACTION) exchange.announce(action);
  await call("GET", "/v1/corporate-actions");
  await call("GET", "/v1/corporate-actions?start=never");
  await call("GET", "/v2/account/activities/SPLIT");
  await call("GET", "/v2/stocks/bars?timeframe=1Day");
  await call("GET", "/v2/stocks/quotes/latest?symbols=SPY&feed=sip");
  await call("POST", "/v2/orders", limitOrder("buy", "SPY", "1", "400"));
  await clock.advance(8 * 3_600_000);
  await call("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "2" }));
  await call("DELETE", "/v2/positions?cancel_orders=true");
  await call("GET", "/v2/nowhere");
  return { exchanged, frames };
}

describe("the contract", () => {
  const contract = openContract();
  let exchanged: Exchanged[];
  let frames: string[];

  beforeAll(async () => {
    ({ exchanged, frames } = await everyAnswer());
  });

  test("every answer fits Alpaca's specification, and every error and frame our own stricter schemas", () => {
    const errorBody = contract.ajv.compile(ERROR_BODY);
    const faults: string[] = [];
    let checked = 0;
    let undescribed = 0;
    const validate = (name: string, schema: ValidateFunction, value: unknown): void => {
      if (!schema(value)) faults.push(`${name}: ${contract.ajv.errorsText(schema.errors)}`);
    };
    for (const { method, path, reply } of exchanged) {
      const name = `${method} ${path} ${String(reply.status)}`;
      expect(reply.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
      if (reply.status >= 400) validate(name, errorBody, reply.json);
      if (reply.status === 204) continue;
      const schema = schemaOf(contract, method, path, reply.status);
      if (schema === undefined) undescribed++;
      else {
        validate(name, schema, reply.json);
        checked++;
      }
    }
    const frame = contract.ajv.compile(STREAM_FRAME);
    for (const text of frames) validate(`frame ${text.slice(0, 80)}`, frame, JSON.parse(text));
    process.stdout.write(
      `contract: ${String(checked)} answers checked against the specification, ${String(undescribed)} of ${String(exchanged.length)} not described there, ${String(frames.length)} frames\n`,
    );
    expect(faults).toEqual([]);
    expect(checked).toBeGreaterThanOrEqual(contract.specifications.size === 2 ? 51 : 0);
    expect(frames.length).toBeGreaterThan(20);
  });

  test("notices an amount that is a number, an unknown status and an error without a message", () => {
    const account = schemaOf(contract, "GET", "/v2/account", 200);
    const described = contract.specifications.size === 2;
    expect(account?.({ id: "a727f18b-4a08-46f6-ac7c-1f67ced0141c", status: "ACTIVE", cash: 5 }) ?? false).toBe(false);
    expect(account?.({ id: "a727f18b-4a08-46f6-ac7c-1f67ced0141c", status: "ASLEEP" }) ?? false).toBe(false);
    expect(account?.({ id: "a727f18b-4a08-46f6-ac7c-1f67ced0141c", status: "ACTIVE", cash: "5" }) ?? !described).toBe(true);
    expect(contract.ajv.compile(ERROR_BODY)({ code: 42210000 })).toBe(false);
  });

  test("a successful answer is never missing from the specification", () => {
    const undescribed = exchanged
      .filter(({ reply }) => reply.status < 300 && reply.status !== 204)
      .filter(({ method, path, reply }) => schemaOf(contract, method, path, reply.status) === undefined);
    expect(contract.specifications.size === 2 ? undescribed.map(({ method, path }) => `${method} ${path}`) : []).toEqual([]);
  });

  test("drives every endpoint of the specification that the simulator has", async () => {
    const { request } = clientOf(openExchange().exchange, { rateLimitPerMinute: "off" });
    const driven = exchanged.filter(({ reply }) => reply.status < 300);
    const missing: string[] = [];
    let endpoints = 0;
    let parameters = 0;
    for (const { paths } of contract.specifications.values())
      for (const [template, operations] of Object.entries(paths))
        for (const method of METHODS.filter((each) => each in operations)) {
          const pattern = patternOf(template);
          const isDriven = driven.some(
            (each) => each.method === method.toUpperCase() && templateOf(paths, each.path) === template && pattern.test(each.path),
          );
          const isModelled =
            isDriven || !(await request(method.toUpperCase(), template.replace(/\{[^}]+\}/g, "SPY"))).text.includes("endpoint not found");
          if (isModelled && !isDriven) missing.push(`${method} ${template}`);
          endpoints += Number(isDriven);
          parameters += isDriven ? ((operations[method] as Operation).parameters ?? []).length : 0;
        }
    const codes = new Set(
      exchanged.filter(({ reply }) => reply.status >= 400).map(({ reply }) => `${String(reply.status)} ${codeOf(reply)}`),
    );
    process.stdout.write(
      `contract: ${String(endpoints)} endpoints with ${String(parameters)} parameters driven, ${String(codes.size)} error codes: ${[...codes].sort().join(", ")}\n`,
    );
    expect(missing).toEqual([]);
    expect(endpoints).toBeGreaterThanOrEqual(contract.specifications.size === 2 ? 49 : 0);
  });
});

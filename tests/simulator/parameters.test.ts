import { beforeAll, describe, expect, test } from "@jest/globals";
import { clientOf, holding, limitOrder, marketOrder, openExchange, type Client, type Reply } from "./fixture.ts";
import { type Operation, type Parameter, readSpecifications, resolved, type Schema, type Specification } from "./specifications.ts";

const METHODS = ["get", "post", "patch", "put", "delete"];
const NONSENSE = "?nonsense";
const FLAGS = { true: ["True", "TRUE", "t", "T", "1"], false: ["False", "FALSE", "f", "F", "0"] };
/** What a request needs before its parameters are tried, and what makes more of its answer depend on them. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "GET /v2/orders": { status: "all" },
  "GET /v2/orders:by_client_order_id": { client_order_id: "resting" },
  "GET /v2/watchlists:by_name": { name: "mine" },
  "POST /v2/watchlists:by_name": { name: "mine" },
  "PUT /v2/watchlists:by_name": { name: "mine" },
  "DELETE /v2/watchlists:by_name": { name: "mine" },
  "GET /v1/corporate-actions": { start: "2025-07-01" },
  "GET /v2/stocks/bars": { timeframe: "1Day", start: "2025-07-10" },
  "GET /v2/stocks/trades": { start: "2025-07-10" },
  "GET /v2/stocks/quotes": { start: "2025-07-10" },
  "GET /v2/stocks/{symbol}/trades": { start: "2025-07-10" },
  "GET /v2/stocks/{symbol}/quotes": { start: "2025-07-10" },
  "GET /v2/stocks/{symbol}/bars": { timeframe: "1Day", start: "2025-07-10" },
};
const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "POST /v2/orders": limitOrder("buy", "SPY", "1", "400"),
  "POST /v2/watchlists": { name: "other" },
  "POST /v2/watchlists/{watchlist_id}": { symbol: "SMR" },
  "POST /v2/watchlists:by_name": { symbol: "SMR" },
  "PATCH /v2/orders/{order_id}": { limit_price: "401" },
};
/** Without an order class, Alpaca ignores the legs of a bracket too. */
const IGNORED_BY_ALPACA = ["take_profit", "stop_loss"];

interface Venue {
  readonly client: Client;
  readonly orderId: string;
  readonly watchlistId: string;
  readonly assetId: string;
}

/** An account with something of everything that parameters choose from. */
async function openVenue(): Promise<Venue> {
  const { clock, exchange } = openExchange({ positions: [holding("LEU", "10", "190"), holding("BTAL", "3", "19")] });
  const client = clientOf(exchange, { rateLimitPerMinute: "off" });
  exchange.transfer("100");
  exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
  exchange.submit({ ...limitOrder("sell", "BTAL", "1", "90"), client_order_id: "sell" });
  const { id: orderId } = exchange.submit({ ...limitOrder("buy", "SPY", "1", "500"), client_order_id: "resting" });
  exchange.split("CWVX", "2");
  const watchlist = await client.request("POST", "/v2/watchlists", { name: "mine", symbols: ["SPY", "LEU"] });
  await clock.advance(1_000);
  const { id: watchlistId } = watchlist.json as { id: string };
  return { watchlistId, client, orderId, assetId: exchange.state.assets.get("LEU")!.id };
}

let shared: Promise<Venue> | undefined;

/** For requests that change nothing. */
function unchanged(): Promise<Venue> {
  return (shared ??= openVenue());
}

interface Ask {
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly body?: Readonly<Record<string, unknown>>;
  readonly path?: Readonly<Record<string, string>>;
}

/** One modelled operation of the specification. */
class Modelled {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Readonly<Record<string, Schema>>;
  readonly #specification: Specification;

  constructor(name: string, operation: Operation, shared: readonly Parameter[], specification: Specification) {
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    this.name = name;
    this.#specification = specification;
    this.parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => resolved(specification, parameter));
    this.body = schema === undefined ? {} : (resolved(specification, schema).properties ?? {});
  }

  schemaOf({ schema = {} }: Pick<Parameter, "schema">): Schema {
    return resolved(this.#specification, schema);
  }

  wordsOf(parameter: Pick<Parameter, "schema">): readonly string[] {
    const schema = this.schemaOf(parameter);
    const items = schema.items === undefined ? undefined : resolved(this.#specification, schema.items);
    return (schema.enum ?? items?.enum ?? []).map(String);
  }

  /** Asks a venue that nothing has changed, so that equal requests get equal answers. */
  async ask({ query = [], body, path = {} }: Ask = {}): Promise<Reply> {
    const [method = "", template = ""] = this.name.split(" ");
    const { client, orderId, watchlistId } = method === "GET" ? await unchanged() : await openVenue();
    const names: Readonly<Record<string, string>> = {
      order_id: orderId,
      watchlist_id: watchlistId,
      symbol_or_asset_id: "LEU",
      activity_type: "FILL",
      market: "NYSE",
      symbol: "SPY",
      ...path,
    };
    const needed = this.parameters.some(({ name, required }) => name === "symbols" && required === true) ? { symbols: "SPY" } : {};
    const asked = new URLSearchParams({ ...needed, ...QUERIES[this.name] });
    for (const [name] of query) asked.delete(name);
    for (const [name, value] of query) asked.append(name, value);
    const url = template.replace(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? "none");
    const whole = Object.keys(this.body).length === 0 ? undefined : { ...BODIES[this.name], ...body };
    return client.request(method, `${url}?${asked.toString()}`, whole);
  }
}

function textOf({ status, text }: Reply): string {
  return `${String(status)} ${text}`;
}

async function modelledOperations(specifications: Iterable<Specification>): Promise<Modelled[]> {
  const all = [...specifications].flatMap((specification) =>
    Object.entries(specification.paths).flatMap(([path, operations]) =>
      METHODS.flatMap((method) => {
        const operation = operations[method] as Operation | undefined;
        const shared = (operations.parameters ?? []) as readonly Parameter[];
        return operation === undefined ? [] : [new Modelled(`${method.toUpperCase()} ${path}`, operation, shared, specification)];
      }),
    ),
  );
  const answers = await Promise.all(all.map((operation) => operation.ask()));
  return all.filter((_operation, index) => !answers[index]!.text.includes("endpoint not found"));
}

type Check = (name: string, expected: string | ((text: string) => boolean), reply: Promise<Reply>) => Promise<void>;

/** Runs checks and returns those that failed. */
async function faultsOf(run: (check: Check) => Promise<void>): Promise<string[]> {
  const faults: string[] = [];
  let tried = 0;
  await run(async (name, expected, reply) => {
    tried++;
    const text = textOf(await reply);
    if (typeof expected === "string" ? text !== expected : !expected(text)) faults.push(`${name}: ${text.slice(0, 120)}`);
  });
  process.stdout.write(`parameters: ${String(tried)} requests compared\n`);
  return faults;
}

describe("every parameter of Alpaca's specification, at every endpoint that the simulator has,", () => {
  let operations: readonly Modelled[] = [];

  beforeAll(async () => {
    operations = await modelledOperations(readSpecifications().values());
    process.stdout.write(`parameters: ${String(operations.length)} operations of the specification are modelled\n`);
  });

  const faultsOfEach = (run: (check: Check, operation: Modelled, parameter: Parameter) => Promise<void>): Promise<string[]> =>
    faultsOf(async (check) => {
      for (const operation of operations) for (const parameter of operation.parameters) await run(check, operation, parameter);
    });

  test("is refused or matters when it is nonsense", async () => {
    const faults = await faultsOfEach(async (check, operation, { in: place, name }) => {
      const plain = textOf(await operation.ask());
      if (!plain.startsWith("20")) await check(`${operation.name} as it is`, (text) => text.startsWith("20"), operation.ask());
      const ask = place === "path" ? { path: { [name]: NONSENSE } } : { query: [[name, NONSENSE]] as const };
      await check(`${operation.name} ${name}`, (text) => text !== plain, operation.ask(ask));
    });
    expect(faults).toEqual([]);
  });

  test("counts as absent when it is empty", async () => {
    const faults = await faultsOfEach(async (check, operation, { in: place, name, required }) => {
      if (place !== "query" || required === true || QUERIES[operation.name]?.[name] !== undefined) return;
      await check(`${operation.name} ${name}=`, textOf(await operation.ask()), operation.ask({ query: [[name, ""]] }));
    });
    expect(faults).toEqual([]);
  });

  test("is understood with each word that it is documented to have, one or several", async () => {
    const faults = await faultsOfEach(async (check, operation, parameter) => {
      const { name } = parameter;
      const words = parameter.in === "query" ? operation.wordsOf(parameter) : [];
      const isTaken = (text: string): boolean => !text.includes('"message":"invalid');
      for (const word of words) await check(`${operation.name} ${name}=${word}`, isTaken, operation.ask({ query: [[name, word]] }));
      if (operation.schemaOf(parameter).type !== "array") return;
      const [one = "", other = ""] = words;
      const joined = textOf(await operation.ask({ query: [[name, `${one},${other}`]] }));
      const repeated = [one, other].map((word) => [name, word] as const);
      await check(`${operation.name} ${name} twice`, joined, operation.ask({ query: repeated }));
    });
    expect(faults).toEqual([]);
  });

  test("is understood as a flag in every form of Go and Python", async () => {
    const faults = await faultsOfEach(async (check, operation, parameter) => {
      const { name } = parameter;
      if (operation.schemaOf(parameter).type !== "boolean") return;
      for (const [value, forms] of Object.entries(FLAGS)) {
        const expected = textOf(await operation.ask({ query: [[name, value]] }));
        for (const form of forms) await check(`${operation.name} ${name}=${form}`, expected, operation.ask({ query: [[name, form]] }));
      }
    });
    expect(faults).toEqual([]);
  });

  test("is understood as a date, and as a time of any zone and precision", async () => {
    const faults = await faultsOfEach(async (check, operation, parameter) => {
      const { name } = parameter;
      if (!["date-time", "date"].includes(operation.schemaOf(parameter).format ?? "")) return;
      for (const form of ["2025-07-11", "2025-07-11T00:00:00Z", "2025-07-11T09:30:00-04:00", "2025-07-11T13:30:00.123456789Z"])
        await check(`${operation.name} ${name}=${form}`, (text) => text.startsWith("20"), operation.ask({ query: [[name, form]] }));
    });
    expect(faults).toEqual([]);
  });

  test("is understood as an id in capitals and without hyphens", async () => {
    const ids = await openVenue();
    const faults = await faultsOfEach(async (check, operation, { in: place, name }) => {
      if (!name.endsWith("_id") || name === "client_order_id") return;
      const id = name === "symbol_or_asset_id" ? ids.assetId : name === "watchlist_id" ? ids.watchlistId : ids.orderId;
      const askFor = (text: string): Promise<Reply> =>
        operation.ask(place === "path" ? { path: { [name]: text } } : { query: [[name, text]] });
      await check(`${operation.name} ${name}=${id}`, (text) => text.startsWith("20"), askFor(id));
      const expected = textOf(await askFor(id));
      for (const form of [id.toUpperCase(), id.replaceAll("-", "")])
        await check(`${operation.name} ${name}=${form}`, expected, askFor(form));
    });
    expect(faults).toEqual([]);
  });

  test("of a body counts as absent when it is null or empty, and is refused or matters when it is nonsense", async () => {
    const faults = await faultsOf(async (check) => {
      for (const operation of operations) {
        const plain = textOf(await operation.ask());
        for (const [name, schema] of Object.entries(operation.body)) {
          const ask = (value: unknown): Promise<Reply> => operation.ask({ body: { [name]: value } });
          const absent =
            BODIES[operation.name]?.[name] !== undefined ? [] : operation.schemaOf({ schema }).type === "string" ? [null, ""] : [null];
          for (const value of absent) await check(`${operation.name} ${name}: ${JSON.stringify(value)}`, plain, ask(value));
          if (!IGNORED_BY_ALPACA.includes(name))
            await check(`${operation.name} ${name}: nonsense`, (text) => text !== plain, ask(NONSENSE));
        }
      }
    });
    expect(faults).toEqual([]);
  });
});

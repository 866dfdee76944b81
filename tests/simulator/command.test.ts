import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { FAULT_MENU } from "../../src/simulator/faults.ts";
import { readLiveness } from "../../src/supervision/liveness-file.ts";
import { CLI } from "../product.ts";

const run = promisify(execFile);

describe("`simulator`", () => {
  test("listens at --host, with the limit and the buying power of its options", async () => {
    const directory = mkdtempSync(join(tmpdir(), "simulator-options-"));
    const options = [
      "--host",
      "localhost",
      "--rate-limit",
      "2",
      "--multiplier",
      "4",
      "--shorts",
      "--clock",
      "2025-07-14T09:30:00-04:00",
      "--speed",
      "0",
      "--key",
      "key",
      "--secret",
      "secret",
    ];
    const env = { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NO_COLOR: "1", LIFE_SIGN_FILE: join(directory, "sign") };
    const child = spawn(process.execPath, [CLI, "simulator", "--port", "0", ...options], { cwd: directory, env });
    try {
      const [output] = (await once(child.stdout, "data")) as [Buffer];
      const url = /http:\/\/localhost:\d+/.exec(output.toString())?.[0] ?? "";
      const headers = { "apca-api-key-id": "key", "apca-api-secret-key": "secret" };
      const replies = [];
      for (let call = 0; call < 3; call++) replies.push(await fetch(`${url}/v2/account`, { headers }));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect((await fetch(`${url}/v2/account`, { headers: { ...headers, "apca-api-secret-key": "other" } })).status).toBe(401);
      expect(await replies[0]!.json()).toMatchObject({ cash: "100000", buying_power: "400000", multiplier: "4", shorting_enabled: true });
      expect(await (await fetch(`${url}/simulator/clock`)).json()).toEqual({ now: "2025-07-14T13:30:00.000Z", speed: 0 });
      // What the health check of the image looks at.
      expect(readLiveness(env.LIFE_SIGN_FILE)).toMatchObject({ pid: child.pid });
    } finally {
      child.kill();
      await once(child, "exit");
      expect(readdirSync(directory)).not.toContain("sign");
      rmSync(directory, { recursive: true });
    }
  }, 60_000);

  test.each([
    [["--rate-limit", "0"], "Expected a whole number from 1, or off."],
    [["--shorts"], "--shorts needs --multiplier 2 or 4: short sales need margin."],
    [["--speed", "-1"], "Expected a number from 0 to 1000."],
    [["--clock", "noon"], '--clock is "noon"; expected a time such as 2025-07-14T09:30:00-04:00.'],
    [["--tls-cert", "a.pem"], "--tls-cert and --tls-key belong together"],
    [["--tls-cert", "/none/a.pem", "--tls-key", "/none/b.pem"], "Cannot use the certificate in /none/a.pem with the key in /none/b.pem"],
    [["--key", "PKMINE"], "--key and --secret belong together"],
    [["--key", "PKMINE", "--secret", "mine", "--account-per-key"], "--account-per-key accepts every key"],
    [["--multiplier", "3"], "Expected 1, 2 or 4."],
    [["--data-plan", "gold"], "`basic` or `plus` is expected"],
    [["--host", "192.0.2.1", "--port", "0"], "--host must be an address of this machine"],
  ])("%p ends it with what is wrong", async (options, words) => {
    await expect(run(process.execPath, [CLI, "simulator", ...options])).rejects.toMatchObject({ stderr: expect.stringContaining(words) });
  });
});

describe("`simulator --fault`", () => {
  let directory: string;
  const simulator = (...faults: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, [CLI, "simulator", "--port", "0", ...faults.flatMap((fault) => ["--fault", fault])], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NO_COLOR: "1" },
    });

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "simulator-command-"));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test("list prints every fault with what it does and its parameters, and ends", async () => {
    const { stdout } = await simulator("list");
    const lines = stdout.split("\n");
    for (const { description, name } of FAULT_MENU)
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name} +${description}`)));
    expect(lines).toContainEqual(expect.stringMatching(/^slow-answer .* on=all,symbol=any,ms=3000$/));
  });

  test("unusable daily bars end it with a message naming the file and the problem", async () => {
    const file = join(directory, "bars.json");
    for (const [text, words] of [
      ['{"closes":{"SPY":[1,"2"]}}', "closes.SPY[1].c must be a number"],
      ["null", "it is not a JSON object"],
    ] as const) {
      writeFileSync(file, text);
      const started = run(process.execPath, [CLI, "simulator", "--port", "0", "--bars", file], {
        cwd: directory,
        env: { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NO_COLOR: "1" },
      });
      await expect(started).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Cannot use the daily bars in ${file}: ${words}.`),
      });
    }
  }, 60_000);

  test("unusable symbols and prices end it with a message naming the file and the line", async () => {
    for (const [option, text, words] of [
      ["symbols", "symbol\ngoog", 'line 2: symbol is "goog"'],
      ["prices", "symbol,time,price\nGOOG,+1,40", "GOOG is not listed; list it with --symbols, or add --any-symbol"],
      ["prices", undefined, "it is a directory; a file is expected"],
    ] as const) {
      const file = text === undefined ? directory : join(directory, `${option}.csv`);
      if (text !== undefined) writeFileSync(file, text);
      const started = run(process.execPath, [CLI, "simulator", "--port", "0", `--${option}`, file], {
        cwd: directory,
        env: { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NO_COLOR: "1" },
      });
      await expect(started).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Cannot use the ${option} in ${file}: ${words}`),
      });
    }
  }, 60_000);

  test("an unknown fault after a known one ends it with a message naming the nearest one", async () => {
    await expect(simulator("cut-body", "stuck-cancl")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no fault "stuck-cancl"; did you mean stuck-cancel?'),
    });
  });
});

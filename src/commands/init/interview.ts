import { accessOf } from "../../config/mode.ts";
import { loadConfig } from "../../config/load.ts";
import type { Problem } from "../../config/problems.ts";
import { isSet, readSettings } from "../../config/read-settings.ts";
import type { SettingName } from "../../config/settings.ts";
import { textIn } from "../../config/text-in.ts";
import type { Config, Environment, TradingMode } from "../../domain/config.ts";
import { credentialsRefused, type VenueVerdict } from "./venue-test.ts";
import { confirm, type Questions } from "./questions.ts";

type AlpacaMode = Exclude<TradingMode, "simulator">;

/** Tests the credentials, and shows what it finds. */
export type TestVenue = (env: Environment, config: Config) => Promise<VenueVerdict>;

export interface InterviewPorts {
  readonly questions: Questions;
  readonly say: (text: string) => void;
  readonly test: TestVenue;
}

/** Asks for what is not given, and again until each answer can be used. */
export class Interview {
  readonly #ports: InterviewPorts;
  readonly #env: Environment;
  readonly #given: Environment;
  readonly #asked: Record<string, string> = {};

  /** @param env what is set already. @param given answers that need no question. */
  constructor(ports: InterviewPorts, env: Environment, given: Environment) {
    this.#ports = ports;
    this.#env = env;
    this.#given = given;
  }

  /** @returns the answers; an empty one removes a setting. */
  async answers(): Promise<Environment> {
    await this.#answer("TRADING_MODE", "Mode: simulator, paper, shadow or live", textIn(this.#all(), "TRADING_MODE") ?? "paper");
    const { TRADING_MODE: mode } = readSettings(this.#all(), []);
    if (mode === undefined || mode === "simulator") this.#ports.say("The built-in simulator needs no keys and uses no real money.");
    else await this.#account(mode);
    const { alertsTimezone, strategies } = loadConfig(this.#all());
    await this.#answer("ALERTS_TIMEZONE", "Time zone of alert timestamps that name none", alertsTimezone);
    if (isSet(this.#all(), "STRATEGIES")) this.#ports.say("The alerts files are those in STRATEGIES.");
    else await this.#alertsFile(strategies[0]?.alertsFile);
    return { ...this.#given, ...this.#asked };
  }

  #all(): Environment {
    return { ...this.#env, ...this.#given, ...this.#asked };
  }

  async #account(mode: AlpacaMode): Promise<void> {
    if (mode === "live") this.#ports.say("Live mode trades real money.");
    if (mode === "shadow") this.#ports.say("Shadow mode reads the live account and sends nothing. Keys that may only read are enough.");
    await this.#number(mode);
    await this.#credentials(mode);
    for (;;) {
      const verdict = await this.#ports.test(this.#all(), loadConfig(this.#all()));
      const areGiven = this.#givenCredentials(mode).length > 0;
      switch (verdict) {
        case "well":
          return;
        case "unreachable":
          if (!(await confirm(this.#ports.questions, "Try again?"))) throw credentialsRefused(verdict);
          break;
        case "keys":
          if (areGiven) throw credentialsRefused(verdict);
          await this.#newCredentials(mode);
          break;
        case "account":
          if (areGiven && isSet(this.#given, "LIVE_TRADING_ACCOUNT")) throw credentialsRefused(verdict);
          await this.#number(mode);
          await this.#credentials(mode);
      }
    }
  }

  /** Typed before the venue shows it: copying it would prove nothing about the keys. */
  async #number(mode: AlpacaMode): Promise<void> {
    if (mode === "live") await this.#answer("LIVE_TRADING_ACCOUNT", "Number of the live account to trade, as Alpaca shows it");
  }

  #givenCredentials(mode: AlpacaMode): readonly SettingName[] {
    const { key, secret, token } = accessOf(mode);
    return [key, secret, token].filter((name) => isSet(this.#given, name));
  }

  async #credentials(mode: AlpacaMode): Promise<void> {
    const { key, secret, token } = accessOf(mode);
    const given = this.#givenCredentials(mode);
    if (given.length > 0) {
      this.#ports.say(`From the environment: ${given.join(", ")}.`);
      return;
    }
    const there = isSet(this.#all(), token) ? token : `${key} and ${secret}`;
    const isComplete = isSet(this.#all(), token) || (isSet(this.#all(), key) && isSet(this.#all(), secret));
    if (isComplete && (await confirm(this.#ports.questions, `Use the ${there} that are set?`))) return;
    await this.#newCredentials(mode);
  }

  async #newCredentials(mode: AlpacaMode): Promise<void> {
    const { key, secret, token } = accessOf(mode);
    const whose = mode === "paper" ? "paper" : "live";
    const kind = await this.#ports.questions.ask("API key and secret, or an OAuth token? key or token [key]: ");
    const isToken = kind.toLowerCase().startsWith("t");
    this.#asked[key] = isToken ? "" : await this.#hidden(key, `${whose} API key`);
    this.#asked[secret] = isToken ? "" : await this.#hidden(secret, `${whose} API secret`);
    this.#asked[token] = isToken ? await this.#hidden(token, `${whose} OAuth token`) : "";
  }

  #hidden(name: SettingName, what: string): Promise<string> {
    return this.#valid(name, () => this.#ports.questions.askHidden(`${what} (not shown while you type): `));
  }

  /** The default is not written: each mode has its own. */
  async #alertsFile(usual: string | undefined): Promise<void> {
    await this.#answer("ALERTS_FILE", "File to which the strategy appends its alerts", usual);
    if (!isSet(this.#env, "ALERTS_FILE") && this.#asked.ALERTS_FILE === usual) delete this.#asked.ALERTS_FILE;
  }

  /** @param usual the answer if nothing is typed. */
  async #answer(name: SettingName, what: string, usual?: string): Promise<void> {
    if (isSet(this.#given, name)) return;
    const question = usual === undefined ? `${what}: ` : `${what} [${usual}]: `;
    this.#asked[name] = await this.#valid(name, async () => (await this.#ports.questions.ask(question)) || (usual ?? ""));
  }

  async #valid(name: SettingName, ask: () => Promise<string>): Promise<string> {
    for (;;) {
      const text = await ask();
      const problems: Problem[] = [];
      readSettings({ [name]: text }, problems);
      if (text !== "" && problems.length === 0) return text;
      this.#ports.say(problems[0] === undefined ? "Nothing was typed; an answer is needed." : `${problems[0].text}.`);
    }
  }
}

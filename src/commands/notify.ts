import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import { testNotifications } from "../app/open-notifications.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

/**
 * Sends a test to every channel that is set up and says what each answered.
 * @throws TraderError (exit 1) when nothing is set up, or when it is not said that a test is wanted.
 */
export async function notify(context: CommandContext, options: { readonly test?: boolean }): Promise<ExitCode> {
  if (options.test !== true)
    throw new TraderError("There is nothing to do without --test.", { code: "usage", hint: "Use `alpaca-trader notify --test`." });
  const config = loadConfig(context.env);
  const tests = await testAll(context, config);
  if (tests.length === 0)
    throw new TraderError("No notifications are set up.", {
      code: "no-notifications",
      hint: "Set NOTIFY_WEBHOOK_URL, TELEGRAM_BOT_TOKEN with TELEGRAM_CHAT_ID, or HEARTBEAT_URL; .env.example describes them.",
    });
  for (const { name, problem } of tests) context.out.line(`${name}: ${problem === undefined ? "accepted" : `NOT accepted: ${problem}`}.`);
  if (config.notifications.level === "off") context.out.line("NOTIFY_LEVEL is off: besides this test nothing is sent.");
  const failed = tests.filter(({ problem }) => problem !== undefined);
  if (failed.length === 0) return EXIT.ok;
  throw new TraderError(`Not every test was accepted: ${failed.map(({ name }) => name).join(", ")}.`, {
    code: "notification-failed",
    hint: "Compare the address or token with what the service shows; the answer above says what it minds.",
  });
}

async function testAll({ clock }: CommandContext, config: Config): ReturnType<typeof testNotifications> {
  const ledger = openExistingLedger(config);
  try {
    return await testNotifications(config, clock, ledger);
  } finally {
    ledger?.close();
  }
}

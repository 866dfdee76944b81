import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { testNotifications } from "../app/open-notifications.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

/**
 * Sends a test to every configured channel and prints each response.
 * @throws TraderError (exit 1) when no channel is configured, or when `--test` is missing.
 */
export async function notify(context: CommandContext, options: { readonly test?: boolean }): Promise<ExitCode> {
  if (options.test !== true)
    throw new TraderError("Nothing to do without --test.", { code: "usage", hint: "Use `alpaca-trader notify --test`." });
  const config = loadConfig(context.env);
  const tests = await testAll(context, config);
  if (tests.length === 0)
    throw new TraderError("No notifications are configured.", {
      code: "no-notifications",
      hint: "Set NOTIFY_WEBHOOK_URL, TELEGRAM_BOT_TOKEN with TELEGRAM_CHAT_ID, or HEARTBEAT_URL; .env.example describes them.",
    });
  for (const { name, problem } of tests) context.out.line(`${name}: ${problem === undefined ? "accepted" : `NOT accepted: ${problem}`}.`);
  if (config.notifications.level === "off") context.out.line("NOTIFY_LEVEL is off: no notifications are sent except this test.");
  const failed = tests.filter(({ problem }) => problem !== undefined);
  if (failed.length === 0) return EXIT.ok;
  throw new TraderError(`Not every test was accepted: ${failed.map(({ name }) => name).join(", ")}.`, {
    code: "notification-failed",
    hint: "Compare the address or token with the service's settings. Each line above says what was rejected.",
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

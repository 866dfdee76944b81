import { deliveryResultOf, type Channel, type DeliveryResult } from "./channel.ts";
import { channelsOf } from "./channels.ts";
import { heartbeatRequest } from "./heartbeat.ts";
import { messageFrom, type Notice, type Origin } from "./notice.ts";
import { post, type PostPorts, type PostResult } from "./post.ts";
import type { NotificationSettings } from "../domain/config.ts";
import { hostOf } from "../config/notification-settings.ts";

/** A channel's answer to a test; contains no secret. */
export interface ChannelTest {
  /** `Slack (hooks.slack.com)`, `heartbeat (hc-ping.com)`. */
  readonly name: string;
  readonly problem: string | undefined;
}

export interface ChannelTestParts extends PostPorts {
  readonly settings: NotificationSettings;
  readonly sender: Origin;
  readonly redact: (text: string) => string;
}

/**
 * Sends one test message to every configured channel and one beat to the heartbeat monitor, in parallel, each
 * once. Takes up to 15 s; never throws. Empty when nothing is configured.
 */
export async function testChannels(parts: ChannelTestParts): Promise<ChannelTest[]> {
  const { settings } = parts;
  const channels = channelsOf(settings).map((channel) => testChannel(parts, channel));
  return Promise.all(settings.heartbeatUrl === undefined ? channels : [...channels, testHeartbeat(parts, settings.heartbeatUrl)]);
}

async function testChannel(parts: ChannelTestParts, channel: Channel): Promise<ChannelTest> {
  const { clock, sender, redact } = parts;
  const message = messageFrom(testNotice(clock.now()), sender, clock.now(), redact);
  const result = await post(parts, channel.request(message, false), new AbortController().signal);
  return tested(parts, channel.name, result, (answer) => channel.receive(answer, clock.now()));
}

async function testHeartbeat(parts: ChannelTestParts, url: string): Promise<ChannelTest> {
  const result = await post(parts, heartbeatRequest(url, undefined), new AbortController().signal);
  return tested(parts, `heartbeat (${hostOf(url)})`, result, (answer) => deliveryResultOf(answer, parts.clock.now()));
}

function tested(
  { redact }: ChannelTestParts,
  name: string,
  result: PostResult,
  receive: (answer: Extract<PostResult, { kind: "answered" }>["answer"]) => DeliveryResult,
): ChannelTest {
  const delivery = result.kind === "answered" ? receive(result.answer) : result;
  return { name, problem: delivery.kind === "accepted" ? undefined : redact(delivery.reason) };
}

function testNotice(at: number): Notice {
  return {
    kind: "test",
    level: "info",
    key: `test:${String(at)}`,
    title: "test notification",
    lines: ["Notifications work. Nothing was traded."],
  };
}

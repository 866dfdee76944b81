import { systemClock } from "../../src/domain/clock.ts";
import { eventually } from "./checks.ts";

const INSPECTOR = "http://127.0.0.1:9229/json/list";

/** Lets a Node process turn in an endless loop: its inspector is opened by a signal and told to evaluate one. */
export async function hang(openInspector: () => void): Promise<void> {
  openInspector();
  const target = await eventually(debuggerOf, 20_000, () => "The process does not open its inspector.");
  const socket = new WebSocket(target);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`${target} cannot be reached.`));
  });
  socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: "for (;;) {}" } }));
  await systemClock.sleep(500);
  socket.close();
}

async function debuggerOf(): Promise<string | undefined> {
  try {
    const targets = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl?: string }[];
    return targets[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}

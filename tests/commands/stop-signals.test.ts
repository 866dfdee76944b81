import { expect, test } from "@jest/globals";
import { leaveOnStopSignal, onStopSignal } from "../../src/commands/stop-signals.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const counts = (): number[] => SIGNALS.map((signal) => process.listenerCount(signal));

test.each(SIGNALS)("%s requests one orderly stop, also when it is repeated at once", (signal) => {
  const before = counts();
  const stops: string[] = [];
  leaveOnStopSignal();
  const ignore = onStopSignal(new VirtualClock(0), (by) => stops.push(by));
  process.emit(signal, signal);
  process.emit(signal, signal);
  process.emit("SIGTERM", "SIGTERM");
  expect(stops).toEqual([signal]);
  ignore();
  expect(counts()).toEqual(before);
});

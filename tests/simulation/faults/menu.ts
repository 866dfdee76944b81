import type { FaultMaker } from "./fault.ts";
import type { FaultKind } from "./kinds.ts";
import { MACHINE_FAULTS } from "./machine.ts";
import { MARKET_FAULTS } from "./market.ts";
import { NETWORK_FAULTS } from "./network.ts";
import { PEOPLE_FAULTS } from "./people.ts";
import { READ_FAULTS } from "./reads.ts";
import { STREAM_FAULTS } from "./stream.ts";
import { UNKIND_FAULTS } from "./unkind.ts";
import { VENUE_FAULTS } from "./venue.ts";

const MENU = {
  ...NETWORK_FAULTS,
  ...VENUE_FAULTS,
  ...READ_FAULTS,
  ...STREAM_FAULTS,
  ...MARKET_FAULTS,
  ...PEOPLE_FAULTS,
  ...MACHINE_FAULTS,
  ...UNKIND_FAULTS,
};

export function makerOf(kind: FaultKind): FaultMaker {
  const maker = MENU[kind];
  if (maker === undefined) throw new Error(`The menu has no fault ${kind}.`);
  return maker;
}

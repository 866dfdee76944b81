/**
 * The machine's monotonic clock in milliseconds. It has one origin for all processes of a machine, so a
 * moment that one of them notes can be compared with a moment that another one notes.
 */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

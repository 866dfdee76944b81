const LENGTH = 8;

/**
 * The beginning of a signal's or an execution's id, as logs and terminals show it. `explain` and `replay` take it, and say so if it is
 * that of several. What has not the form of an id stays whole.
 */
export function shortId(id: string): string {
  return /^[0-9a-f]{16}(?![0-9a-f])/.test(id) ? id.slice(0, LENGTH) : id;
}

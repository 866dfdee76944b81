/** The only key pair that the venue accepts; without one, it accepts any pair that is not empty. */
export interface Credentials {
  readonly keyId: string;
  readonly secret: string;
}

export function accepts(expected: Credentials | undefined, keyId: unknown, secret: unknown): boolean {
  if (typeof keyId !== "string" || typeof secret !== "string" || keyId === "" || secret === "") return false;
  return expected === undefined || (keyId === expected.keyId && secret === expected.secret);
}

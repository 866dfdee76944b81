import { TestEnvironment } from "jest-environment-node";

/**
 * Jest runs a test file in a context with constructors of its own, so an error made by Node itself
 * would not be `instanceof Error` there although it is in production, and code that tells errors
 * apart by class would be tested against other classes than it meets. This environment lets the
 * inner built-in constructors recognise instances of the outer ones. Subclasses are left alone.
 */
const SHARED = [
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "Array",
  "Map",
  "Set",
  "Promise",
  "Uint8Array",
  "ArrayBuffer",
  "Date",
  "RegExp",
  "Object",
  "Function",
];

type Constructor = abstract new () => object;

export default class ProductionRealm extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const inside = this.global as unknown as Record<string, Constructor>;
    const outside = globalThis as unknown as Record<string, Constructor>;
    for (const name of SHARED) {
      const inner = inside[name];
      const outer = outside[name];
      if (inner === undefined || outer === undefined || inner === outer) continue;
      const native = Function.prototype[Symbol.hasInstance];
      Object.defineProperty(inner, Symbol.hasInstance, {
        value(this: Constructor, candidate: unknown): boolean {
          return native.call(this, candidate) || (this === inner && candidate instanceof outer);
        },
      });
    }
  }
}

import { join } from "node:path";

/** Where processes that tests start keep the product's compiled code: shared, or each test file would compile all of it anew. */
export const COMPILE_CACHE = join(import.meta.dirname, "..", "node_modules", ".cache", "compiled");

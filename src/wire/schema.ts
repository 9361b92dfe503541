// Every method: what it takes and what it answers. The same schemas validate and document (docs/api/openrpc.json).

import type { z } from "zod";
import { ACCOUNT } from "./methods/account.ts";
import { DEALS } from "./methods/deals.ts";
import { MARKET } from "./methods/market.ts";
import { SESSION } from "./methods/session.ts";
import { TRADING } from "./methods/trading.ts";

export const METHODS = { ...SESSION, ...MARKET, ...ACCOUNT, ...TRADING, ...DEALS } as const;

export type Method = keyof typeof METHODS;
export type Params<M extends Method> = z.output<(typeof METHODS)[M]["params"]>;
export type Answer<M extends Method> = z.input<(typeof METHODS)[M]["result"]>;

export function isMethod(name: string): name is Method {
	return Object.hasOwn(METHODS, name);
}

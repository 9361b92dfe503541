// What a trader imports. Runs in Node and, with the platform's WebSocket, in browsers.

export { Connection, ConnectionError } from "./Connection.ts";
export { Scope, Trader, isExecuted } from "./Trader.ts";
export type { Acknowledgement, Domain, OrderRequest, ProtectionLimits, TypedDataSigner } from "./Trader.ts";
export { typedData } from "./typedData.ts";

// What a trader imports. Runs in Node and, with the platform's WebSocket, in browsers.

export { BookFollower } from "./BookFollower.ts";
export type { BookLevel } from "./BookFollower.ts";
export { Connection, ConnectionError } from "./Connection.ts";
export { Scope, Trader, isExecuted } from "./Trader.ts";
export type { Acknowledgement, Calls, Domain, OrderRequest, ProtectionLimits, TypedDataSigner } from "./Trader.ts";
export { Deals } from "./Deals.ts";
export type { BlockLeg, BlockTerms, OwnRequest, ShownQuote, ShownRequest } from "./Deals.ts";
export { LightClient, VerificationError } from "./LightClient.ts";
export type { AccountProof, Trusted, VerificationCode, VerifiedAccount, VerifiedInclusion, VerifiedReceipt } from "./LightClient.ts";
export { typedData } from "./typedData.ts";
export { verify } from "./verify.ts";
export type { Verification } from "./verify.ts";

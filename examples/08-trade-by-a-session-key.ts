// A bot trades with a key of its own, which can place and cancel, but never withdraw. The owner's key signs once and goes back to the drawer.

import { Wallet } from "ethers";
import { Scope, Trader } from "../src/sdk/index.ts";
import { callNearTheMoney, connect, open } from "./desk.ts";

const connection = await connect();
const owner = await open(connection);
const { series } = await callNearTheMoney(connection);
const key = Wallet.createRandom();
const time = await connection.call<number>("public/get_time");

console.log(`session: ${(await owner.setSession(key.address, Scope.trade | Scope.cancel, time + 3600)).result}`);
const bot = await Trader.open(connection, key, owner.account);
// The owner counts nonces too: the bot begins behind what the owner used.
const nonce = owner.takeNonce() + 16;
const placed = await bot.place({ series, side: 0, price: 5, size: 10, nonce });
console.log(`the bot places: ${placed.result}`);
console.log(`the bot cancels: ${(await bot.cancel(series, 0, placed.order)).result}`);
const payload = await bot.encodeWithdrawal(key.address, 1_000_000, nonce + 1);
console.log(`the bot withdraws: ${(await bot.submit(payload)).result}`);
console.log(`the key is taken away: ${(await owner.setSession(key.address, 0)).result}`);
connection.close();

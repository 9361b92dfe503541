// The L1 of `npm run committee`: an embedded chain in a process of its own, with a block every second. Usage: chain.ts <port>
import * as EmbeddedChain from "../../../src/chain/EmbeddedChain.ts";

const chain = await EmbeddedChain.start({ port: Number(process.argv[2]) });
await chain.provider.send("evm_setIntervalMining", [1000]);
process.send?.({ url: chain.url });
process.once("SIGTERM", () => void chain.close().then(() => process.exit(0)));
process.once("disconnect", () => process.exit(0));

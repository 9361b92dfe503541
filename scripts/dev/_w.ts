import { Evm } from "./lockstep/Evm.ts";
import { worstCases } from "./lockstep/WorstCases.ts";
import { differences } from "./lockstep/Referee.ts";
import { nameOf } from "../../src/machine/Result.ts";
const evm = await Evm.start();
for (const { name, recorded } of worstCases()) {
	try {
		const [trace] = await evm.run([recorded.evm]);
		console.log(
			name,
			nameOf(recorded.outcome.result),
			trace.gasUsed,
			recorded.evm.proof.length,
			recorded.witness.entries.length,
			differences(recorded, trace),
			trace.error,
		);
	} catch (e) {
		console.log(name, nameOf(recorded.outcome.result), recorded.evm.proof.length, (e as Error).message);
	}
}
await evm.close();

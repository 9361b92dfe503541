import type { Provider } from "ethers";
import { hashText } from "../machine/math/Keccak.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { Evidence, EvidenceChain as Port } from "../ports/Evidence.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import { KINDS, Staking, contradiction } from "./Staking.ts";

/** Stake and evidence against it, by the contracts of a deployment. */
export class EvidenceChain implements Port {
	readonly #staking: Staking;
	readonly #deployment: Deployment;

	constructor(provider: Provider, deployment: Deployment) {
		this.#staking = new Staking(provider, deployment);
		this.#deployment = deployment;
	}

	async isSlashable(account: string): Promise<boolean> {
		const { staked, leaving, isSlashed } = await this.#staking.stakeOf(account);
		return !isSlashed && staked + leaving > 0n;
	}

	accusation(evidence: Evidence): TransactionRequest {
		const data = codecOf("SlashingEvidence").encodeFunctionData(KINDS[evidence.kind], argumentsOf(evidence));
		return {
			key: `evidence/${evidence.signer}/${Bytes.toHex(hashText(data))}`,
			to: this.#deployment.contracts.SlashingEvidence,
			data,
			doneBy: ["IsSlashed", "NothingStaked"],
		};
	}
}

function argumentsOf(evidence: Evidence): readonly unknown[] {
	if (evidence.kind === "state") return [evidence.vote, evidence.signature, evidence.assertion, evidence.leaf, evidence.path];
	if (evidence.kind === "receipt") {
		const { receipt, signature, proof } = evidence;
		return [receipt, signature, proof, proof.machine, proof.opening];
	}
	return contradiction(evidence.kind, evidence.a, evidence.signatureA, evidence.b, evidence.signatureB);
}

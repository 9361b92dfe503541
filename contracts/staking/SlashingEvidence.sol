// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISlashingEvidence} from "../interfaces/ISlashingEvidence.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";

contract SlashingEvidence is ISlashingEvidence {
    bytes32 private constant RECEIPT_TYPE = keccak256("Receipt(uint64 sequence,bytes32 messageHash,bytes32 streamHash,uint64 time)");
    bytes32 private constant BATCH_TYPE = keccak256(
        "Batch(uint64 index,bytes32 previousAccumulator,bytes32 contentHash,uint64 minTime,uint64 maxTime,uint64 l1End)"
    );
    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    IStakeRegistry public immutable REGISTRY;
    /// The SequencerInbox, in whose domain receipts and batches are signed.
    address public immutable SEQUENCER_INBOX;

    constructor(IStakeRegistry registry, address sequencerInbox) {
        REGISTRY = registry;
        SEQUENCER_INBOX = sequencerInbox;
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingReceipts(Receipt calldata a, bytes calldata signatureA, Receipt calldata b, bytes calldata signatureB) external {
        require(a.sequence == b.sequence && a.messageHash != b.messageHash, NotConflicting());
        slash(
            keccak256(abi.encode(RECEIPT_TYPE, a.sequence, a.messageHash, a.streamHash, a.time)),
            signatureA,
            keccak256(abi.encode(RECEIPT_TYPE, b.sequence, b.messageHash, b.streamHash, b.time)),
            signatureB
        );
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingBatches(BatchVote calldata a, bytes calldata signatureA, BatchVote calldata b, bytes calldata signatureB) external {
        bytes32 hashA = keccak256(abi.encode(BATCH_TYPE, a.index, a.previousAccumulator, a.contentHash, a.minTime, a.maxTime, a.l1End));
        bytes32 hashB = keccak256(abi.encode(BATCH_TYPE, b.index, b.previousAccumulator, b.contentHash, b.minTime, b.maxTime, b.l1End));
        require(a.index == b.index && a.previousAccumulator == b.previousAccumulator && hashA != hashB, NotConflicting());
        slash(hashA, signatureA, hashB, signatureB);
    }

    function slash(bytes32 hashA, bytes calldata signatureA, bytes32 hashB, bytes calldata signatureB) private {
        address first = ECDSA.recover(digest(hashA), signatureA);
        address second = ECDSA.recover(digest(hashB), signatureB);
        require(first == second, DifferentSigners(first, second));
        REGISTRY.slash(first, payable(msg.sender));
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, keccak256("Strikeproof"), keccak256("1"), block.chainid, SEQUENCER_INBOX));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }
}

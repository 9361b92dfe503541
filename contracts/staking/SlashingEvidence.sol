// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ISlashingEvidence} from "../interfaces/ISlashingEvidence.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {BatchVote, Checkpoint, Receipt} from "../protocol/Checkpoint.sol";

contract SlashingEvidence is ISlashingEvidence {
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
        bytes32 domain = domainSeparator();
        slash(Checkpoint.receiptDigest(domain, a), signatureA, Checkpoint.receiptDigest(domain, b), signatureB);
    }

    /// @inheritdoc ISlashingEvidence
    function conflictingBatches(BatchVote calldata a, bytes calldata signatureA, BatchVote calldata b, bytes calldata signatureB) external {
        bytes32 domain = domainSeparator();
        bytes32 digestA = Checkpoint.batchDigest(domain, a);
        bytes32 digestB = Checkpoint.batchDigest(domain, b);
        bool samePlace = a.index == b.index && a.previousAccumulator == b.previousAccumulator;
        require(samePlace && digestA != digestB, NotConflicting());
        slash(digestA, signatureA, digestB, signatureB);
    }

    function slash(bytes32 digestA, bytes calldata signatureA, bytes32 digestB, bytes calldata signatureB) private {
        address first = ECDSA.recover(digestA, signatureA);
        address second = ECDSA.recover(digestB, signatureB);
        require(first == second, DifferentSigners(first, second));
        REGISTRY.slash(first, payable(msg.sender));
    }

    function domainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("Strikeproof"), keccak256("1"), block.chainid, SEQUENCER_INBOX));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";
import {IOneStepProofEntry} from "../interfaces/IOneStepProofEntry.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Result} from "../machine/Result.sol";
import {Baskets} from "../machine/step/Baskets.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Input, InputKind, Machine, Machines, Outcome} from "../machine/types/Machine.sol";
import {BlobOpening} from "./BlobOpening.sol";
import {InboxOpening} from "./InboxOpening.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Executes one step of the machine from a proof: machine 250 | witness length u32 | witness | inbox opening.
contract OneStepProofEntry is IOneStepProofEntry {
    IInbox public immutable INBOX;
    ISequencerInbox public immutable SEQUENCER_INBOX;
    StepFamily public immutable PLACING;
    StepFamily public immutable MATCHING;
    StepFamily public immutable PROBING;
    StepFamily public immutable ACCOUNTS;
    StepFamily public immutable CONTROLS;
    StepFamily public immutable LIQUIDATIONS;
    StepFamily public immutable BLOCKS;
    StepFamily public immutable MARKET;

    error BadProof();
    /// @notice This chain could take batches in blobs that no proof could open (EIP-2537).
    error ChainCannotOpenBlobs();

    constructor(
        IInbox inbox,
        ISequencerInbox sequencerInbox,
        StepFamily placing,
        StepFamily matching,
        StepFamily probing,
        StepFamily accounts,
        StepFamily controls,
        StepFamily liquidations,
        StepFamily blocks,
        StepFamily market
    ) {
        require(BlobOpening.isSupported(), ChainCannotOpenBlobs());
        INBOX = inbox;
        SEQUENCER_INBOX = sequencerInbox;
        PLACING = placing;
        MATCHING = matching;
        PROBING = probing;
        ACCOUNTS = accounts;
        CONTROLS = controls;
        LIQUIDATIONS = liquidations;
        BLOCKS = blocks;
        MARKET = market;
    }

    /// @inheritdoc IOneStepProofEntry
    function step(uint64 targetBatch, bytes32 preCommitment, bytes calldata proof) external view returns (bytes32 postCommitment) {
        (postCommitment, ) = trace(targetBatch, preCommitment, proof);
    }

    /// @notice Like `step`, and says what the step did.
    function trace(
        uint64 targetBatch,
        bytes32 preCommitment,
        bytes calldata proof
    ) public view returns (bytes32 postCommitment, Outcome memory out) {
        require(proof.length >= Machines.LENGTH + 4, BadProof());
        bytes memory preimage = proof[:Machines.LENGTH];
        require(keccak256(preimage) == preCommitment, BadProof());
        uint256 witnessAt = Machines.LENGTH + 4;
        uint256 openingAt = witnessAt + uint32(bytes4(proof[Machines.LENGTH:witnessAt]));
        require(openingAt <= proof.length, BadProof());
        Machine memory machine = Machines.decode(preimage);
        Input memory input = InboxOpening.next(machine, targetBatch, proof[openingAt:], INBOX, SEQUENCER_INBOX);
        bytes32 stateRoot = Machines.stateRootOf(preimage);
        bytes32 outboxRoot = Machines.outboxRootOf(preimage);
        if (input.kind == InputKind.Halted || input.kind == InputKind.Junk || input.kind == InputKind.NextBatch) {
            machine.cursor = input.cursor;
            machine.clock = input.clock;
            out.result = resultOf(input.kind);
            return (Machines.commitment(machine, stateRoot, outboxRoot), out);
        }
        if (machine.cursor.item != 0 && input.kind != InputKind.Pending) Baskets.unwrap(machine, input);
        return familyOf(machine, input).execute(machine, input, stateRoot, outboxRoot, proof[witnessAt:openingAt]);
    }

    function resultOf(InputKind kind) private pure returns (Result) {
        if (kind == InputKind.Halted) return Result.Halted;
        return kind == InputKind.Junk ? Result.Junk : Result.NextBatch;
    }

    function familyOf(Machine memory machine, Input memory input) private view returns (StepFamily) {
        if (input.kind == InputKind.Pending) return machine.registers.kind == Machines.PROBE ? PROBING : MATCHING;
        if (input.kind == InputKind.L1Message && input.l1Kind == Machines.DEPOSIT) return ACCOUNTS;
        uint256 kind = input.payload.length == 0 ? 0 : uint8(input.payload[0]);
        if (kind == Messages.PLACE || kind == Messages.REPLACE) return PLACING;
        if (kind == Messages.LIST || kind == Messages.REPORT || kind == Messages.ATTEST) return MARKET;
        if (kind == Messages.LIQUIDATE || kind == Messages.BID) return LIQUIDATIONS;
        if (kind == Messages.BLOCK) return BLOCKS;
        return isControl(kind) ? CONTROLS : ACCOUNTS;
    }

    function isControl(uint256 kind) private pure returns (bool) {
        if (kind == Messages.CANCEL || kind == Messages.CANCEL_ALL || kind == Messages.CANCEL_SERIES) return true;
        if (kind == Messages.BASKET || kind == Messages.COLLECT || kind == Messages.SET_REFERRER) return true;
        return kind >= Messages.SET_SESSION && kind <= Messages.SWEEP;
    }
}

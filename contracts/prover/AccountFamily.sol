// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {Result} from "../machine/Result.sol";
import {State} from "../machine/state/State.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Money} from "../machine/step/Money.sol";
import {Settlement} from "../machine/step/Settlement.sol";
import {Input, InputKind, Machine, Machines, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps that move an account's money: deposits, transfers, withdrawals, settlement; and messages of no kind.
contract AccountFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal view override returns (Outcome memory) {
        if (input.kind == InputKind.L1Message && input.l1Kind == Machines.DEPOSIT) return Money.deposit(state, input.payload);
        uint256 kind = input.payload.length == 0 ? 0 : uint8(input.payload[0]);
        if (kind == Messages.SETTLE) return Settlement.settle(state, input.payload);
        if (kind == Messages.WITHDRAW || kind == Messages.TRANSFER) {
            state.table = NormalTable.load(TABLE);
            if (kind == Messages.TRANSFER) return Money.transfer(state, machine, input.payload, input.sender);
            return Money.withdraw(state, machine, input.payload, input.sender);
        }
        return Machines.outcome(Result.UnknownKind, kind);
    }
}

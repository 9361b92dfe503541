// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Matching} from "../machine/step/Matching.sol";
import {Placing} from "../machine/step/Placing.sol";
import {Input, InputKind, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps that trade: Place, and the matching that follows it.
contract TradingFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal view override returns (Outcome memory) {
        state.table = NormalTable.load(TABLE);
        if (input.kind == InputKind.Pending) return Matching.proceed(state, machine);
        return Placing.place(state, machine, input.payload, input.sender);
    }
}

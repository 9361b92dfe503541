// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Blocks} from "../machine/step/Blocks.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Block trades: steps in which two accounts deal outside the book.
contract BlockFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal view override returns (Outcome memory) {
        state.table = NormalTable.load(TABLE);
        return Blocks.block_(state, machine, input.payload, input.sender);
    }
}

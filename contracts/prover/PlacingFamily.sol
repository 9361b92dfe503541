// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Baskets} from "../machine/step/Baskets.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Placing} from "../machine/step/Placing.sol";
import {Replacing} from "../machine/step/Replacing.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps that bring an order: Place and Replace.
contract PlacingFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal view override returns (Outcome memory) {
        state.table = NormalTable.load(TABLE);
        address sender = Baskets.senderOf(state, machine, input);
        if (uint8(input.payload[0]) == Messages.REPLACE) return Replacing.replace(state, machine, input.payload, sender);
        return Placing.place(state, machine, input.payload, sender);
    }
}

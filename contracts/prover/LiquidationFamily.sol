// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Liquidation} from "../machine/step/Liquidation.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps of liquidations.
contract LiquidationFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal view override returns (Outcome memory) {
        state.table = NormalTable.load(TABLE);
        if (uint8(input.payload[0]) == Messages.LIQUIDATE) return Liquidation.liquidate(state, machine, input.payload);
        return Liquidation.bid(state, machine, input.payload, input.sender);
    }
}

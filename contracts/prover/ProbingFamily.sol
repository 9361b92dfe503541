// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Probing} from "../machine/step/Probing.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps that continue a fill-or-kill order: it looks at one maker before it trades with any.
contract ProbingFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory) internal view override returns (Outcome memory) {
        state.table = NormalTable.load(TABLE);
        return Probing.proceed(state, machine);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {State} from "../machine/state/State.sol";
import {Listing} from "../machine/step/Listing.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Reporting} from "../machine/step/Reporting.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps of the market: listings, price reports and attestations.
contract MarketFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal pure override returns (Outcome memory) {
        if (uint8(input.payload[0]) == Messages.LIST) return Listing.list(state, machine, input.payload);
        if (uint8(input.payload[0]) == Messages.ATTEST) return Reporting.attest(state, machine, input.payload);
        return Reporting.report(state, machine, input.payload);
    }
}

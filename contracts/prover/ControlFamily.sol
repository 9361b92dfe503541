// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {State} from "../machine/state/State.sol";
import {Baskets} from "../machine/step/Baskets.sol";
import {Cancelling} from "../machine/step/Cancelling.sol";
import {Guarding} from "../machine/step/Guarding.sol";
import {Messages} from "../machine/step/Messages.sol";
import {Treasury} from "../machine/step/Treasury.sol";
import {Input, Machine, Outcome} from "../machine/types/Machine.sol";
import {StepFamily} from "./StepFamily.sol";

/// @notice Steps that end orders, that admit baskets, that say what may act for an account and what stops it, and that pay out fees.
contract ControlFamily is StepFamily {
    constructor(address table) StepFamily(table) {}

    function run(State.Body memory state, Machine memory machine, Input memory input) internal pure override returns (Outcome memory) {
        uint256 kind = uint8(input.payload[0]);
        if (kind == Messages.BASKET) return Baskets.open(state, machine, input);
        if (kind == Messages.CANCEL) return Cancelling.cancel(state, machine, input.payload, Baskets.senderOf(state, machine, input));
        if (kind == Messages.CANCEL_SERIES) return Cancelling.cancelSeries(state, machine, input.payload, input.sender);
        if (kind == Messages.CANCEL_ALL) return Cancelling.cancelAll(state, machine, input.payload, input.sender);
        if (kind == Messages.SET_SESSION) return Guarding.setSession(state, machine, input.payload, input.sender);
        if (kind == Messages.SET_PROTECTION) return Guarding.setProtection(state, machine, input.payload, input.sender);
        if (kind == Messages.HEARTBEAT) return Guarding.heartbeat(state, machine, input.payload, input.sender);
        if (kind == Messages.COLLECT) return Treasury.collect(state, input.payload);
        if (kind == Messages.SET_REFERRER) return Treasury.setReferrer(state, machine, input.payload, input.sender);
        return Cancelling.sweep(state, machine, input.payload);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NormalTable} from "../machine/math/NormalTable.sol";
import {State} from "../machine/state/State.sol";
import {Input, InputKind, Machine, Machines, Outcome} from "../machine/types/Machine.sol";

/// @notice A family of steps: the machine's code is larger than one contract may be, so each kind of message has a contract that holds it.
abstract contract StepFamily {
    /// @notice Data contract with the table of the normal distribution.
    address public immutable TABLE;

    constructor(address table) {
        NormalTable.check(table);
        TABLE = table;
    }

    /// @notice Executes one step on the state behind the roots. Returns the machine's commitment after it, and what it did.
    function execute(
        Machine memory machine,
        Input memory input,
        bytes32 stateRoot,
        bytes32 outboxRoot,
        bytes memory witness
    ) external view returns (bytes32 commitment, Outcome memory out) {
        State.Body memory state = State.load(witness, stateRoot, outboxRoot);
        if (input.kind != InputKind.Pending) machine.clock = input.clock;
        out = run(state, machine, input);
        if (input.kind != InputKind.Pending) machine.cursor = input.cursor;
        State.close(state);
        commitment = Machines.commitment(machine, State.stateRootOf(state), state.roots[State.OUTBOX]);
    }

    /// @dev The step itself.
    function run(State.Body memory state, Machine memory machine, Input memory input) internal view virtual returns (Outcome memory);
}

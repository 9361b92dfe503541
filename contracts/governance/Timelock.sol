// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice The governor of the StakeRegistry, and of nothing else (docs/spec/rollup.md): one account proposes, everybody may execute after the delay, and
/// nobody administers it besides itself.
contract Timelock is TimelockController {
    /// Everybody who disagrees can take his stake or his money out before a change takes effect.
    uint256 public constant FLOOR_SECONDS = 30 days;

    error DelayTooShort(uint256 delaySeconds, uint256 floorSeconds);

    constructor(
        uint256 delaySeconds,
        address[] memory proposers,
        address[] memory executors
    ) TimelockController(delaySeconds, proposers, executors, address(0)) {
        require(delaySeconds > FLOOR_SECONDS, DelayTooShort(delaySeconds, FLOOR_SECONDS));
    }

    /// @notice Changes the delay, never to 30 days or less. Only by an operation of its own.
    function updateDelay(uint256 delaySeconds) public override {
        require(delaySeconds > FLOOR_SECONDS, DelayTooShort(delaySeconds, FLOOR_SECONDS));
        super.updateDelay(delaySeconds);
    }
}

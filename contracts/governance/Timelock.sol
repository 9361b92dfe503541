// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice The governor of the StakeRegistry, and of nothing else (docs/spec/rollup.md): one account proposes, everybody may execute after the delay, and
/// nobody administers it besides itself.
contract Timelock is TimelockController {
    /// Everybody who disagrees can take his stake or his money out before a change takes effect, by an assertion that is disputed even.
    uint256 public immutable FLOOR_SECONDS;

    error DelayTooShort(uint256 delaySeconds, uint256 floorSeconds);

    /// @param disputeSeconds what a challenge and its grace period take
    constructor(
        uint256 delaySeconds,
        uint256 disputeSeconds,
        address[] memory proposers,
        address[] memory executors
    ) TimelockController(delaySeconds, proposers, executors, address(0)) {
        FLOOR_SECONDS = 30 days + disputeSeconds;
        require(delaySeconds > 30 days + disputeSeconds, DelayTooShort(delaySeconds, 30 days + disputeSeconds));
    }

    /// @notice Changes the delay, never to 30 days and a dispute or less. Only by an operation of its own.
    function updateDelay(uint256 delaySeconds) public override {
        require(delaySeconds > FLOOR_SECONDS, DelayTooShort(delaySeconds, FLOOR_SECONDS));
        super.updateDelay(delaySeconds);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ballot, EngineVote, VotePlace} from "../protocol/EngineVote.sol";

/// @notice Shows to tests what L1 makes of an engine's vote, by itself.
contract VoteHarness {
    function digest(bytes32 domainSeparator, VotePlace calldata place, Ballot calldata ballot) external pure returns (bytes32) {
        return EngineVote.digest(EngineVote.orderName(domainSeparator), place, ballot);
    }

    function isSameBlock(Ballot calldata a, Ballot calldata b) external pure returns (bool) {
        return EngineVote.isSameBlock(a, b);
    }
}

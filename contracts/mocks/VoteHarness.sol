// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EngineVote, Vote} from "../protocol/EngineVote.sol";

/// @notice Shows to tests what L1 makes of an engine's vote, by itself.
contract VoteHarness {
    function digest(bytes32 domainSeparator, Vote calldata vote) external pure returns (bytes32) {
        return EngineVote.digest(EngineVote.orderName(domainSeparator), vote);
    }

    function blockId(Vote calldata vote) external pure returns (bytes32) {
        return EngineVote.blockId(vote);
    }
}

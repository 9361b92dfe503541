// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What an assertion pins for its children, so that a game cannot change under way.
struct Config {
    address verifier;
    uint8 height;
    uint64 challengePeriodBlocks;
    uint64 gracePeriodBlocks;
    uint64 minimumPeriodBlocks;
    uint256 bond;
    /// The highest gas price at which a move is refunded, in wei.
    uint256 refundCap;
}

/// @notice What a game's name commits to: whoever shows it needs no contract to tell him.
struct Game {
    bytes32 parent;
    uint64 targetBatch;
    bytes32 targetAccumulator;
    Config config;
}

/// @notice Names of assertions and games (docs/spec/rollup.md).
library Assertions {
    bytes32 private constant TAG_CONFIG = keccak256("strikeproof.config.v1");
    bytes32 private constant TAG_GAME = keccak256("strikeproof.game.v1");
    bytes32 private constant TAG_ASSERTION = keccak256("strikeproof.assertion.v1");

    function configId(Config memory config) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(
                    TAG_CONFIG,
                    config.verifier,
                    config.height,
                    config.challengePeriodBlocks,
                    config.gracePeriodBlocks,
                    config.minimumPeriodBlocks,
                    config.bond,
                    config.refundCap
                )
            );
    }

    function gameId(bytes32 parent, uint64 targetBatch, bytes32 targetAccumulator, bytes32 config) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_GAME, parent, targetBatch, targetAccumulator, config));
    }

    function assertionId(bytes32 game, bytes32 historyRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_ASSERTION, game, historyRoot));
    }
}

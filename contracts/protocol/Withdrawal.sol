// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Merkle} from "../machine/math/Merkle.sol";

/// @notice A withdrawal in the outbox: a tree of depth 24 whose leaves are hashes of withdrawals (docs/spec/machine.md).
library Withdrawal {
    uint256 internal constant DEPTH = 24;

    function leaf(uint256 index, uint256 account, address recipient, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, account, recipient, amount));
    }

    function rootOf(bytes32 leaf_, uint256 index, bytes32[] memory proof) internal pure returns (bytes32) {
        return Merkle.rootOf(leaf_, index, proof);
    }
}

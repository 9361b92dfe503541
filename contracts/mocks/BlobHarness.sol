// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BlobOpening} from "../prover/BlobOpening.sol";
import {Blob} from "../protocol/Blob.sol";

/// @notice Shows to tests what the prover reads of a blob, by itself.
contract BlobHarness {
    function open(bytes memory opening, bytes32 versionedHash, uint256 first, uint256 cosets) external view returns (bytes memory) {
        return BlobOpening.open(opening, 0, versionedHash, first, cosets);
    }

    function interpolate(uint256 first, bytes memory elements, uint256 z) external view returns (uint256 vanishing, uint256 value) {
        return Blob.interpolate(first, elements, z);
    }
}

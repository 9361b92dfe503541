// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Makes the one pool of an assertion, at an address that its id gives.
interface IBondPools {
    event PoolCreated(bytes32 indexed assertionId, address pool);

    /// @notice Makes the pool of an assertion, which need not exist yet. Reverts when it is there already.
    function create(bytes32 assertionId) external returns (address pool);

    /// @notice Where an assertion's pool stands, or will.
    function poolOf(bytes32 assertionId) external view returns (address pool);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IBondPools} from "../interfaces/IBondPools.sol";
import {BondPool} from "./BondPool.sol";

contract BondPools is IBondPools {
    /// What every pool is a clone of.
    address public immutable POOL;

    constructor(IAssertionChain assertionChain) {
        POOL = address(new BondPool(assertionChain));
    }

    /// @inheritdoc IBondPools
    function create(bytes32 assertionId) external returns (address pool) {
        pool = Clones.cloneDeterministicWithImmutableArgs(POOL, abi.encode(assertionId), assertionId);
        emit PoolCreated(assertionId, pool);
    }

    /// @inheritdoc IBondPools
    function poolOf(bytes32 assertionId) external view returns (address pool) {
        return Clones.predictDeterministicAddressWithImmutableArgs(POOL, abi.encode(assertionId), assertionId);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The table of the normal distribution (src/machine/math/NormalTable.ts makes its bytes) is the code of a data contract.
library NormalTable {
    uint256 internal constant SPACING_BITS = 5;
    uint256 internal constant NODES = 273;
    uint256 internal constant NODE_BYTES = 64;
    uint256 internal constant COEFFICIENTS = 7;

    /// keccak256 of the data contract's code: a zero byte (STOP, so that nobody can call it), then the table.
    bytes32 internal constant CODE_HASH = 0x6af736ae1dd3321bd0fbe026aa923464d409f5dcbe8ef129312d092d935c251d;

    error WrongTable(address table);

    /// @notice Demands that the contract holds the table.
    function check(address table) internal view {
        require(table.codehash == CODE_HASH, WrongTable(table));
    }

    /// @notice The table in memory.
    function load(address table) internal view returns (bytes memory data) {
        data = new bytes(NODES * NODE_BYTES);
        assembly ("memory-safe") {
            extcodecopy(table, add(data, 32), 1, mload(data))
        }
    }
}

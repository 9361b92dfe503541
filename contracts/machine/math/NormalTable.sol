// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The table of the normal distribution (src/machine/math/NormalTable.ts makes its bytes) is the code of a data contract.
library NormalTable {
    uint256 internal constant SPACING_BITS = 6;
    uint256 internal constant CELLS = 544;
    uint256 internal constant CELL_BYTES = 32;
    uint256 internal constant COEFFICIENTS = 5;

    /// keccak256 of the data contract's code: a zero byte (STOP, so that nobody can call it), then the table.
    bytes32 internal constant CODE_HASH = 0xc4fa5fe828c5940e301d96bae27cc679eefc4cceefa6021c1ebf7a1d7d9107b2;

    error WrongTable(address table);

    /// @notice Demands that the contract holds the table.
    function check(address table) internal view {
        require(table.codehash == CODE_HASH, WrongTable(table));
    }

    /// @notice The table in memory.
    function load(address table) internal view returns (bytes memory data) {
        data = new bytes(CELLS * CELL_BYTES);
        assembly ("memory-safe") {
            extcodecopy(table, add(data, 32), 1, mload(data))
        }
    }
}

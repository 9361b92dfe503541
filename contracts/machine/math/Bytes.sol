// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Big-endian fields in byte strings. The caller has checked that they lie inside, or means the zeros beyond.
library Bytes {
    /// @notice Reads the unsigned integer of `width` bytes (1 .. 32).
    function uint_(bytes memory data, uint256 offset, uint256 width) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(shl(3, sub(32, width)), mload(add(add(data, 32), offset)))
        }
    }

    /// @notice Reads the two's complement integer of `width` bytes.
    function int_(bytes memory data, uint256 offset, uint256 width) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(shl(3, sub(32, width)), mload(add(add(data, 32), offset)))
        }
    }

    /// @notice Writes a word of 32 bytes. The bytes must be there, or be the padding of the last word.
    function put(bytes memory data, uint256 offset, uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 32), offset), word)
        }
    }

    /// @notice The low 64 bits of a signed integer: its two's complement.
    function low(int256 value) internal pure returns (uint256) {
        return uint64(uint256(value));
    }

    function address_(bytes memory data, uint256 offset) internal pure returns (address) {
        return address(uint160(uint_(data, offset, 20)));
    }

    /// @notice A copy of `length` bytes from `offset`. Reverts when they are not all there.
    function slice(bytes memory data, uint256 offset, uint256 length) internal pure returns (bytes memory part) {
        require(offset + length <= data.length, OutOfBounds());
        part = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(part, 32), add(add(data, 32), offset), length)
        }
    }

    error OutOfBounds();
}

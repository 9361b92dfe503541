// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../machine/math/Bytes.sol";
import {Blob} from "../protocol/Blob.sol";

/// @notice Opens cosets of a blob, however many, by one evaluation of one point: the scheme of Boneh, Drake, Fisch and Gabizon (2020) for one polynomial. The
/// opening is packed: commitment 96 | quotient 96 | proof 48 | elements 32 each. With p the blob, r the polynomial of least degree through the elements and Z the one
/// that vanishes at their places, the quotient w is (p - r) / Z. At a point z that depends on all of this, p - Z(z) w must take the value r(z).
library BlobOpening {
    uint256 internal constant HEAD_LENGTH = 240;
    uint256 private constant POINT_LENGTH = 96;
    uint256 private constant PROOF_LENGTH = 48;

    /// EIP-4844 and EIP-2537.
    address private constant POINT_EVALUATION = address(0x0a);
    address private constant G1_ADD = address(0x0b);
    address private constant G1_MULTIPLY = address(0x0c);

    /// Half of BLS12-381's base field's order, rounded down: a larger y is the one that a compressed point marks.
    uint256 private constant HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    error BadBlobOpening();

    /// @notice The content of `cosets` cosets from `first` on of the blob with this versioned hash, by the opening at `at`. Reverts unless the blob holds it.
    function open(
        bytes memory opening,
        uint256 at,
        bytes32 versionedHash,
        uint256 first,
        uint256 cosets
    ) internal view returns (bytes memory) {
        bytes memory commitment = Bytes.slice(opening, at, POINT_LENGTH);
        bytes memory quotient = Bytes.slice(opening, at + POINT_LENGTH, POINT_LENGTH);
        bytes memory proof = Bytes.slice(opening, at + 2 * POINT_LENGTH, PROOF_LENGTH);
        bytes memory elements = Bytes.slice(opening, at + HEAD_LENGTH, cosets * Blob.COSET_ELEMENTS * 32);
        require(versionedHashOf(compress(commitment)) == versionedHash, BadBlobOpening());
        uint256 z = Blob.challenge(versionedHash, first, quotient, elements);
        (uint256 vanishing, uint256 value) = Blob.interpolate(first, elements, z);
        // Both contracts refuse a point that is not on the curve, and the second one also a point outside the group.
        bytes memory scaled = call(G1_MULTIPLY, abi.encodePacked(widen(quotient), Blob.MODULUS - vanishing), 128);
        bytes memory folded = compress(narrow(call(G1_ADD, abi.encodePacked(widen(commitment), scaled), 128)));
        call(POINT_EVALUATION, abi.encodePacked(versionedHashOf(folded), z, value, folded, proof), 64);
        return Blob.content(elements);
    }

    /// @notice Whether this chain has what an opening needs: shown by the sum of nothing and nothing.
    function isSupported() internal view returns (bool) {
        (bool ok, bytes memory sum) = G1_ADD.staticcall(new bytes(256));
        return ok && sum.length == 128;
    }

    function call(address precompile, bytes memory input, uint256 length) private view returns (bytes memory output) {
        bool ok;
        (ok, output) = precompile.staticcall(input);
        require(ok && output.length == length, BadBlobOpening());
    }

    function versionedHashOf(bytes memory commitment) private pure returns (bytes32) {
        return bytes32((uint256(sha256(commitment)) & (type(uint256).max >> 8)) | (1 << 248));
    }

    /// @dev A point of 96 bytes, x and y, in the 48 bytes in which commitments are written.
    function compress(bytes memory point) private pure returns (bytes memory compressed) {
        uint256 high = Bytes.uint_(point, 48, 16);
        uint256 low = Bytes.uint_(point, 64, 32);
        uint256 xHigh = Bytes.uint_(point, 0, 16);
        uint256 xLow = Bytes.uint_(point, 16, 32);
        bool isInfinity = xHigh | xLow | high | low == 0;
        bool isLarger = high > HALF_HIGH || (high == HALF_HIGH && low > HALF_LOW);
        uint256 flags = 0x80;
        if (isInfinity) flags = 0xc0;
        else if (isLarger) flags = 0xa0;
        return abi.encodePacked(uint128(xHigh | (flags << 120)), xLow);
    }

    /// @dev 96 bytes to the 128 of EIP-2537.
    function widen(bytes memory point) private pure returns (bytes memory) {
        return
            abi.encodePacked(Bytes.uint_(point, 0, 16), Bytes.uint_(point, 16, 32), Bytes.uint_(point, 48, 16), Bytes.uint_(point, 64, 32));
    }

    function narrow(bytes memory point) private pure returns (bytes memory) {
        return bytes.concat(Bytes.slice(point, 16, 48), Bytes.slice(point, 80, 48));
    }
}

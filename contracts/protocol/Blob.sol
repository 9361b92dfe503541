// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Content in blobs (EIP-4844), and the arithmetic by which a part of a blob is opened (docs/spec/rollup.md, docs/decisions/0012-blobs.md). A blob is a
/// polynomial of degree below 4096, given by its values at the 4096th roots of unity in bit-reversed order: its elements. Eight neighbours from a multiple of
/// eight on are its values on a coset of the eighth roots of unity.
library Blob {
    uint256 internal constant ELEMENTS = 4096;
    /// Bytes of content in an element: its low ones. The high byte is not read.
    uint256 internal constant USABLE_BYTES = 31;
    uint256 internal constant CONTENT_BYTES = 126_976;
    /// LIMIT: what one transaction may carry since EIP-7594.
    uint256 internal constant MAX_BLOBS = 6;

    uint256 internal constant COSET_ELEMENTS = 8;
    uint256 internal constant COSET_BYTES = 248;
    /// Cosets of a blob.
    uint256 internal constant COSETS = 512;

    /// Order of the scalar field of BLS12-381.
    uint256 internal constant MODULUS = 52435875175126190479447740508185965837690552500527637822603658699938581184513;
    /// A primitive 4096th root of unity: 7 ** ((MODULUS - 1) / 4096).
    uint256 internal constant ROOT = 39033254847818212395286706435128746857159659164139250548781411570340225835782;
    /// ROOT ** 512, a primitive eighth root, its square and its cube.
    uint256 private constant EIGHTH = 23674694431658770659612952115660802947967373701506253797663184111817857449850;
    uint256 private constant QUARTER = 3465144826073652318776269530687742778270252468765361963008;
    uint256 private constant THREE_EIGHTHS = 8685283084174350996472453922654922162880456818468779543064782192722679779374;

    bytes32 private constant TAG_CONTENT = keccak256("strikeproof.content.v1");
    bytes32 private constant TAG_OPENING = keccak256("strikeproof.opening.v1");

    /// @notice An element of an opening is not below MODULUS: no blob holds it.
    error NotCanonical();
    error NoInverse();

    /// @notice Blobs that content of `length` bytes takes.
    function count(uint256 length) internal pure returns (uint256) {
        return (length + CONTENT_BYTES - 1) / CONTENT_BYTES;
    }

    /// @notice Names the blobs of a batch: keccak256 of their versioned hashes in order.
    function root(bytes32[] memory versionedHashes) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(versionedHashes));
    }

    /// @notice What a certificate binds of a batch's content: keccak256 of the bytes, for calldata, and the root of the blobs that hold the same bytes.
    function contentHash(bytes32 plainHash, uint256 length, bytes32 blobsRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(TAG_CONTENT, plainHash, uint32(length), blobsRoot));
    }

    /// @notice The content bytes of elements of 32 bytes each.
    function content(bytes memory elements) internal pure returns (bytes memory bytes_) {
        uint256 amount = elements.length / 32;
        bytes_ = new bytes(amount * USABLE_BYTES + 1);
        assembly ("memory-safe") {
            let from := add(elements, 32)
            let to := add(bytes_, 32)
            // Each write ends with a zero byte, which the next one overwrites.
            for {
                let end := add(from, mul(amount, 32))
            } lt(from, end) {
                from := add(from, 32)
                to := add(to, 31)
            } {
                mstore(to, shl(8, mload(from)))
            }
            mstore(bytes_, mul(amount, 31))
        }
    }

    /// @notice The point at which an opening is tried: it depends on everything that the opening says, so that nobody can choose it.
    function challenge(bytes32 versionedHash, uint256 first, bytes memory quotient, bytes memory elements) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(TAG_OPENING, versionedHash, uint16(first), quotient, elements))) % MODULUS;
    }

    /// @notice For the cosets from `first` on, whose values are `elements`: the polynomial that vanishes on them, and the one of least degree with those values,
    /// both at `z`. Reverts when a value is not below MODULUS.
    function interpolate(uint256 first, bytes memory elements, uint256 z) internal view returns (uint256 vanishing, uint256 value) {
        uint256 cosets = elements.length / (32 * COSET_ELEMENTS);
        uint256[] memory constants = new uint256[](cosets);
        // The sum over the cosets as one fraction.
        uint256 numerator = 0;
        uint256 denominator = 1;
        uint256 raised = power8(z);
        vanishing = 1;
        unchecked {
            for (uint256 i = 0; i < cosets; i++) {
                constants[i] = power8(shift(first + i));
                vanishing = mulmod(vanishing, addmod(raised, MODULUS - constants[i], MODULUS), MODULUS);
            }
            for (uint256 i = 0; i < cosets; i++) {
                uint256 term = onCoset(shift(first + i), elements, i * COSET_ELEMENTS, z);
                uint256 under = mulmod(COSET_ELEMENTS, constants[i], MODULUS);
                for (uint256 k = 0; k < cosets; k++) {
                    if (k == i) continue;
                    term = mulmod(term, addmod(raised, MODULUS - constants[k], MODULUS), MODULUS);
                    under = mulmod(under, addmod(constants[i], MODULUS - constants[k], MODULUS), MODULUS);
                }
                numerator = addmod(mulmod(numerator, under, MODULUS), mulmod(term, denominator, MODULUS), MODULUS);
                denominator = mulmod(denominator, under, MODULUS);
            }
        }
        value = mulmod(numerator, inverse(denominator), MODULUS);
    }

    /// @notice Sum over a coset of value * point * product of (z - the other points).
    function onCoset(uint256 shifted, bytes memory elements, uint256 from, uint256 z) private pure returns (uint256 sum) {
        uint256[4] memory roots = [1, QUARTER, EIGHTH, THREE_EIGHTHS];
        uint256 product = 1;
        unchecked {
            for (uint256 i = 0; i < COSET_ELEMENTS; i++) {
                uint256 value;
                assembly ("memory-safe") {
                    value := mload(add(add(elements, 32), shl(5, add(from, i))))
                }
                require(value < MODULUS, NotCanonical());
                // In bit-reversed order every odd place is the negative of the one before.
                uint256 point = mulmod(shifted, roots[i / 2], MODULUS);
                if (i % 2 == 1) point = MODULUS - point;
                uint256 distance = addmod(z, MODULUS - point, MODULUS);
                sum = addmod(mulmod(sum, distance, MODULUS), mulmod(mulmod(value, point, MODULUS), product, MODULUS), MODULUS);
                product = mulmod(product, distance, MODULUS);
            }
        }
    }

    /// @notice What a coset is the eighth roots of unity times: ROOT to the coset's number with its nine bits reversed.
    function shift(uint256 coset) private pure returns (uint256 shifted) {
        uint256 factor = ROOT;
        shifted = 1;
        unchecked {
            for (uint256 mask = COSETS / 2; mask > 0; mask >>= 1) {
                if (coset & mask != 0) shifted = mulmod(shifted, factor, MODULUS);
                factor = mulmod(factor, factor, MODULUS);
            }
        }
    }

    function power8(uint256 value) private pure returns (uint256) {
        uint256 squared = mulmod(value, value, MODULUS);
        squared = mulmod(squared, squared, MODULUS);
        return mulmod(squared, squared, MODULUS);
    }

    /// @notice 1 / value, by the EVM's contract for powers; `value` is not 0.
    function inverse(uint256 value) private view returns (uint256 inverted) {
        bytes memory question = abi.encode(32, 32, 32, value, MODULUS - 2, MODULUS);
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), 5, add(question, 32), mload(question), 0, 32)
            inverted := mload(0)
        }
        require(ok, NoInverse());
    }
}

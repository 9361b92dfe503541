// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Bytes} from "./Bytes.sol";

library Signature {
    uint256 internal constant LENGTH = 65;

    /// @notice The address that signed `digest`, or zero when nobody did. The signature is r 32 | s 32 | v 1 at `offset`; the set accepted is
    /// that of OpenZeppelin's ECDSA.tryRecover: low s, v 27 or 28.
    function recover(bytes32 digest, bytes memory data, uint256 offset) internal pure returns (address signer) {
        bytes32 r = bytes32(Bytes.uint_(data, offset, 32));
        bytes32 s = bytes32(Bytes.uint_(data, offset + 32, 32));
        uint8 v = uint8(Bytes.uint_(data, offset + 64, 1));
        if (v != 27 && v != 28) return address(0);
        (signer, , ) = ECDSA.tryRecover(digest, v, r, s);
    }
}

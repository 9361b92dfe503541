// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Signature} from "../math/Signature.sol";
import {Account} from "../types/Account.sol";

library Authentication {
    /// @notice Whether the owner stands behind a message: he sent it on L1 himself, or signed its digest; the signature ends the payload. Whoever calls
    /// this computes the digest only when the sender is not the owner, because reading the domain opens a cell.
    function isOwner(Account memory account, bytes32 digest, bytes memory payload) internal pure returns (bool) {
        return Signature.recover(digest, payload, payload.length - Signature.LENGTH) == account.owner;
    }
}

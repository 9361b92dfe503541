// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_NONCE_JUMP, NONCE_WINDOW} from "../Constants.sol";
import {Result} from "../Result.sol";
import {Account} from "../types/Account.sol";

library Nonces {
    /// @notice Whether the account may still use this nonce: Ok, NonceTooOld, NonceUsed or NonceTooFar.
    function check(Account memory account, uint256 nonce) internal pure returns (Result) {
        if (nonce < account.nonceFloor) return Result.NonceTooOld;
        uint256 place = nonce - account.nonceFloor;
        if (place < NONCE_WINDOW) return (account.nonceBits >> place) & 1 == 1 ? Result.NonceUsed : Result.Ok;
        return place >= NONCE_WINDOW + MAX_NONCE_JUMP ? Result.NonceTooFar : Result.Ok;
    }

    /// @notice Uses a nonce that `check` found Ok. A nonce beyond the window slides it, so that the nonce is its last.
    function use(Account memory account, uint256 nonce) internal pure {
        uint256 place = nonce - account.nonceFloor;
        if (place >= NONCE_WINDOW) {
            uint256 slide = place - (NONCE_WINDOW - 1);
            account.nonceFloor += slide;
            account.nonceBits = slide >= NONCE_WINDOW ? 0 : account.nonceBits >> slide;
            place = NONCE_WINDOW - 1;
        }
        account.nonceBits |= 1 << place;
    }
}

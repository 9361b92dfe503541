// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Signature} from "../math/Signature.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account} from "../types/Account.sol";
import {Guard, Guards, Session} from "../types/Guard.sol";

library Authentication {
    /// Scopes of a session key: bits.
    uint256 internal constant TRADE = 1;
    uint256 internal constant CANCEL = 2;
    uint256 internal constant TRANSFER = 4;
    /// Of messages that only the owner may send.
    uint256 internal constant OWNER_ALONE = 0;

    /// @notice Whether somebody who may stands behind a message that its owner did not send on L1 himself: he signed the digest, or a session key of the
    /// account that has one of the scopes signed or sent it; the signature ends the payload. Ok, BadSignature, or OutOfScope when it is a session key that
    /// may not. Whoever calls this computes the digest only when the sender is not the owner, because reading the domain opens a cell.
    function check(
        State.Body memory state,
        uint256 index,
        Account memory account,
        bytes32 digest,
        bytes memory payload,
        address sender,
        uint256 scopes,
        uint256 clock
    ) internal pure returns (Result) {
        address signer = Signature.recover(digest, payload, payload.length - Signature.LENGTH);
        if (signer == account.owner) return Result.Ok;
        if (account.guards & Guards.SESSIONS == 0) return Result.BadSignature;
        Guard memory guard = State.guard(state, index);
        uint256 place = Guards.indexOf(guard, signer);
        if (place == Guards.count(guard)) place = Guards.indexOf(guard, sender);
        if (place == Guards.count(guard)) return Result.BadSignature;
        Session memory session = Guards.sessionAt(guard, place);
        bool isOver = session.expiresAt != 0 && clock >= session.expiresAt;
        return isOver || session.scopes & scopes == 0 ? Result.OutOfScope : Result.Ok;
    }
}

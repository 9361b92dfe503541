// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Cursor, Input, Machine, Machines, Outcome} from "../types/Machine.sol";
import {Authentication} from "./Authentication.sol";
import {Basket, DealMessages} from "./DealMessages.sol";
import {Messages} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";

/// @notice Baskets: up to MAX_ITEMS orders, replacements and cancellations under one signature. The first step admits the basket; then each item is a step,
/// as the message that it stands for, with a Result of its own.
library Baskets {
    /// @notice Basket: admits it, so that the same message is read again for its first item.
    function open(State.Body memory state, Machine memory machine, Input memory input) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.BASKET);
        (bool ok, Basket memory basket) = DealMessages.parseBasket(input.payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = basket.account;
        out.order = basket.nonce;
        out.size = basket.count;
        Account memory account = State.account(state, basket.account);
        out.result = admit(state, machine, account, basket, input);
        if (out.result != Result.Ok) return out;

        // After this point the message must succeed: its items each as they can.
        Nonces.use(account, basket.nonce);
        State.putAccount(state, basket.account, account);
        input.cursor = Cursor(machine.cursor.batch, machine.cursor.l1Index, machine.cursor.offset, 1);
    }

    /// @dev Ok, NoAccount, BadSignature, OutOfScope, NonceTooOld, NonceUsed or NonceTooFar.
    function admit(
        State.Body memory state,
        Machine memory machine,
        Account memory account,
        Basket memory basket,
        Input memory input
    ) private pure returns (Result) {
        if (!Accounts.exists(account)) return Result.NoAccount;
        if (input.sender != account.owner) {
            bytes memory payload = input.payload;
            bytes32 digest = DealMessages.basketDigest(State.globals(state).domainSeparator, payload, basket);
            uint256 scopes = Authentication.TRADE;
            Result signed = Authentication.check(state, basket.account, account, digest, payload, input.sender, scopes, machine.clock);
            if (signed != Result.Ok) return signed;
        }
        return Nonces.check(account, basket.nonce);
    }

    /// @notice Puts the item whose turn it is in the place of its basket. Requires that `cursor.item` is not 0: so the basket is the one that was admitted,
    /// because nothing else sets it and the cursor has not moved since.
    function unwrap(Machine memory machine, Input memory input) internal pure {
        (, Basket memory basket) = DealMessages.parseBasket(input.payload);
        Cursor memory cursor = machine.cursor;
        input.payload = DealMessages.itemPayload(input.payload, basket, cursor.item - 1);
        if (cursor.item < basket.count) input.cursor = Cursor(cursor.batch, cursor.l1Index, cursor.offset, cursor.item + 1);
    }

    /// @notice Who sent the message: of an item the account's owner, who was found to stand behind the basket.
    function senderOf(State.Body memory state, Machine memory machine, Input memory input) internal pure returns (address) {
        if (machine.cursor.item == 0 || input.payload.length < 4) return input.sender;
        return State.account(state, DealMessages.accountOf(input.payload)).owner;
    }
}

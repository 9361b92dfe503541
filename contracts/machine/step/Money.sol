// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_MONEY} from "../Constants.sol";
import {Bytes} from "../math/Bytes.sol";
import {Result} from "../Result.sol";
import {Assessment, Margin} from "../risk/Margin.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Globals} from "../types/Globals.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Authentication} from "./Authentication.sol";
import {Messages, Transfer, Withdraw} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";
import {Treasury} from "./Treasury.sol";

library Money {
    uint256 private constant DEPOSIT_LENGTH = 31;

    /// @notice A deposit from the Vault at the rate of the door (Treasury). The Vault assigns accounts to owners: account u24 | owner 20 | amount u64.
    function deposit(State.Body memory state, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, 0);
        if (payload.length != DEPOSIT_LENGTH) return Settlement.refuse(out, Result.Malformed);
        address owner = Bytes.address_(payload, 3);
        uint256 amount = Bytes.uint_(payload, 23, 8);
        out.account = Bytes.uint_(payload, 0, 3);
        Account memory account = State.account(state, out.account);
        bool isNew = !Accounts.exists(account);
        if (!isNew && account.owner != owner) return Settlement.refuse(out, Result.OwnerMismatch);
        Globals memory globals = State.globals(state);
        int256 credited = Treasury.credit(globals, int256(amount));
        if (amount > MAX_CASH || account.cash + credited > int256(MAX_CASH)) return Settlement.refuse(out, Result.CashLimit);
        if (Treasury.inside(globals) + credited > int256(MAX_MONEY)) return Settlement.refuse(out, Result.CashLimit);

        // After this point the message must succeed.
        account.owner = owner;
        out.amount = credited;
        account.cash += credited;
        State.putAccount(state, out.account, account);
        Treasury.enter(globals, int256(amount), credited);
        if (isNew) globals.accounts += 1;
        State.putGlobals(state, globals);
    }

    /// @notice Leaf of the outbox: keccak256(abi.encode(uint256 index, uint256 account, address recipient, uint256 amount)).
    function withdrawalLeaf(uint256 index, uint256 account, address recipient, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, account, recipient, amount));
    }

    /// @notice Transfer: cash goes to another account of the same owner.
    function transfer(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.TRANSFER);
        (bool ok, Transfer memory message) = Messages.parseTransfer(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        int256 amount = int256(message.amount);
        out.account = message.account;
        out.maker = message.recipient;
        out.amount = amount;
        out.order = message.nonce;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.transferDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRANSFER;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        Account memory recipient = State.account(state, message.recipient);
        if (recipient.owner != account.owner) return Settlement.refuse(out, Result.OwnerMismatch);
        if (recipient.cash + amount > int256(MAX_CASH)) return Settlement.refuse(out, Result.CashLimit);
        Account memory folded = Settlement.fold(state, account);
        Result standing = mayLeave(state, machine, folded, amount);
        if (standing != Result.Ok) return Settlement.refuse(out, standing);

        // After this point the message must succeed.
        Settlement.release(state, account, folded);
        Nonces.use(folded, message.nonce);
        folded.cash -= amount;
        State.putAccount(state, message.account, folded);
        recipient.cash += amount;
        State.putAccount(state, message.recipient, recipient);
    }

    /// @dev Whether an account can do without an amount of cash: Ok, InsufficientCash, StalePrice or InsufficientMargin.
    function mayLeave(
        State.Body memory state,
        Machine memory machine,
        Account memory account,
        int256 amount
    ) private pure returns (Result) {
        if (account.cash < amount) return Result.InsufficientCash;
        if (account.positions.length == 0) return Result.Ok;
        Assessment memory standing = Margin.assess(state, account);
        if (Trades.isStale(standing.oldestPriceTime, machine.clock)) return Result.StalePrice;
        return standing.equity - amount < standing.initial ? Result.InsufficientMargin : Result.Ok;
    }

    /// @notice Withdraw: cash leaves the account for the outbox, at the rate of the door, and L1 pays it from there.
    function withdraw(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.WITHDRAW);
        (bool ok, Withdraw memory message) = Messages.parseWithdraw(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.amount = int256(message.amount);
        out.order = message.nonce;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.withdrawDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.OWNER_ALONE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        Account memory folded = Settlement.fold(state, account);
        Result standing = mayLeave(state, machine, folded, int256(message.amount));
        if (standing != Result.Ok) return Settlement.refuse(out, standing);
        // More than everything inside, or nothing of it: somebody's loss is not written off yet.
        Globals memory globals = State.globals(state);
        if (int256(message.amount) > Treasury.inside(globals)) return Settlement.refuse(out, Result.Unbacked);
        int256 paid = Treasury.payout(globals, int256(message.amount));
        if (paid == 0) return Settlement.refuse(out, Result.Unbacked);

        // After this point the message must succeed.
        Settlement.release(state, account, folded);
        Nonces.use(folded, message.nonce);
        folded.cash -= int256(message.amount);
        State.putAccount(state, message.account, folded);
        Treasury.leave(globals, int256(message.amount), paid);
        uint256 index = globals.withdrawals;
        globals.withdrawals += 1;
        State.putGlobals(state, globals);
        State.pushWithdrawal(state, index, withdrawalLeaf(index, message.account, message.recipient, uint256(paid)));
        out.amount = paid;
        out.makerOrder = index;
    }
}

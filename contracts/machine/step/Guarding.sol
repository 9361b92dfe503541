// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_SESSIONS, MAX_UNDERLYINGS} from "../Constants.sol";
import {Result} from "../Result.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Guard, Guards, Protection, Session} from "../types/Guard.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Authentication} from "./Authentication.sol";
import {Heartbeat, Messages, SetProtection, SetSession} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";

library Guarding {
    /// @notice SetSession: gives a key scopes until a time, or takes them away.
    function setSession(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.SET_SESSION);
        (bool ok, SetSession memory message) = Messages.parseSetSession(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.side = message.scopes;
        out.order = message.nonce;
        out.amount = int256(message.expiresAt);
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.setSessionDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.OWNER_ALONE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        Guard memory guard = State.guard(state, message.account);
        bool isNew = Guards.indexOf(guard, message.key) == Guards.count(guard);
        if (isNew && message.scopes == 0) return Settlement.refuse(out, Result.NoSession);
        if (isNew && Guards.count(guard) == MAX_SESSIONS) return Settlement.refuse(out, Result.SessionsFull);

        // After this point the message must succeed.
        Guards.setSession(guard, Session(message.key, message.scopes, message.expiresAt));
        put(state, message.account, account, guard, message.nonce);
    }

    /// @notice SetProtection: sets or ends market-maker protection in an underlying. Levels begin anew, and a freeze is over.
    function setProtection(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.SET_PROTECTION);
        (bool ok, SetProtection memory message) = Messages.parseSetProtection(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.series = message.underlying;
        out.order = message.nonce;
        out.amount = int256(message.window);
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.setProtectionDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        if (message.underlying >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        Guard memory guard = State.guard(state, message.account);

        // After this point the message must succeed.
        Protection memory protection;
        protection.window = message.window;
        protection.freeze = message.freeze;
        protection.quantityLimit = message.quantityLimit;
        protection.deltaLimit = message.deltaLimit;
        protection.vegaLimit = message.vegaLimit;
        guard.protections[message.underlying] = protection;
        put(state, message.account, account, guard, message.nonce);
    }

    /// @notice Heartbeat: every order of the account is dead that many seconds from now, unless another comes before. 0 switches it off.
    function heartbeat(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.HEARTBEAT);
        (bool ok, Heartbeat memory message) = Messages.parseHeartbeat(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.order = message.nonce;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = Messages.heartbeatDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.TRADE | Authentication.CANCEL;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);

        // After this point the message must succeed.
        Accounts.lapse(account, machine.clock);
        Nonces.use(account, message.nonce);
        account.deadline = message.duration == 0 ? 0 : machine.clock + message.duration;
        State.putAccount(state, message.account, account);
        out.amount = int256(account.deadline);
    }

    function put(State.Body memory state, uint256 index, Account memory account, Guard memory guard, uint256 nonce) private pure {
        State.putGuard(state, index, guard);
        account.guards = Guards.bitsOf(guard);
        Nonces.use(account, nonce);
        State.putAccount(state, index, account);
    }
}

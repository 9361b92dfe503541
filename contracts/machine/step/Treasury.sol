// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, PPM} from "../Constants.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {Result} from "../Result.sol";
import {Parameters} from "../risk/Parameters.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Globals} from "../types/Globals.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Authentication} from "./Authentication.sol";
import {DealMessages, SetReferrer} from "./DealMessages.sol";
import {Messages} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";

/// @notice The exchange's own money, and the rate at its door. What accounts, fees and insurance hold together is `backing + deficit`; the vault holds
/// `backing`. A deficit changes nothing inside: deposits and withdrawals cross the door at backing / (backing + deficit), which neither changes, so nobody
/// gains by leaving first.
library Treasury {
    /// The account of the exchange itself, which genesis opens.
    uint256 internal constant HOUSE = 0;

    /// @notice What accounts, fees and the insurance fund hold together.
    function inside(Globals memory globals) internal pure returns (int256) {
        return globals.backing + globals.deficit;
    }

    /// @notice What a deposit of an amount gives inside. ROUNDING: down, for those inside. Without backing there is no rate, and it gives the amount.
    function credit(Globals memory globals, int256 amount) internal pure returns (int256) {
        if (globals.deficit == 0 || globals.backing == 0) return amount;
        return FixedPoint.mulDivDown(amount, inside(globals), globals.backing);
    }

    /// @notice What a withdrawal of an amount pays outside. ROUNDING: down, for those inside.
    function payout(Globals memory globals, int256 amount) internal pure returns (int256) {
        if (globals.deficit == 0) return amount;
        return FixedPoint.mulDivDown(amount, globals.backing, inside(globals));
    }

    /// @notice A deposit that gave `credited` crosses the door.
    function enter(Globals memory globals, int256 amount, int256 credited) internal pure {
        globals.backing += amount;
        globals.deficit += credited - amount;
    }

    /// @notice A withdrawal that pays `paid` crosses the door.
    function leave(Globals memory globals, int256 amount, int256 paid) internal pure {
        globals.backing -= paid;
        globals.deficit -= amount - paid;
    }

    /// @notice Gives an amount to an account whose own money does not reach: from the insurance fund, and what that lacks is everybody's deficit.
    function cover(Globals memory globals, int256 amount) internal pure {
        int256 insured = amount < globals.insurance ? amount : globals.insurance;
        globals.insurance -= insured;
        globals.deficit += amount - insured;
    }

    /// @notice Income of the insurance fund, which makes up for a deficit first.
    function earn(Globals memory globals, int256 amount) internal pure {
        int256 repaid = amount < globals.deficit ? amount : globals.deficit;
        globals.deficit -= repaid;
        globals.insurance += amount - repaid;
    }

    /// @notice Collect: an account's rebate goes to its referrer; of the house's account, the fees go to the insurance fund and the house. From anyone.
    function collect(State.Body memory state, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.COLLECT);
        (bool ok, uint256 index) = DealMessages.parseAccount(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = index;
        Account memory account = State.account(state, index);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        Globals memory globals = State.globals(state);
        int256 amount = index == HOUSE ? globals.fees : account.rebate;
        if (amount == 0) return Settlement.refuse(out, Result.NothingToCollect);
        int256 insured = index == HOUSE ? FixedPoint.mulDivUp(amount, Parameters.INSURANCE_SHARE, int256(PPM)) : int256(0);
        out.maker = index == HOUSE ? HOUSE : account.referrer;
        Account memory receiver = index == HOUSE ? account : State.account(state, account.referrer);
        if (receiver.cash + amount > int256(MAX_CASH)) return Settlement.refuse(out, Result.CashLimit);

        // After this point the message must succeed.
        out.amount = amount - insured;
        receiver.cash += out.amount;
        if (index == HOUSE) {
            globals.fees = 0;
            earn(globals, insured);
            State.putGlobals(state, globals);
        } else {
            account.rebate = 0;
            State.putAccount(state, index, account);
        }
        State.putAccount(state, out.maker, receiver);
    }

    /// @notice SetReferrer: says once who brought the account, and shares in its fees from then on.
    function setReferrer(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.SET_REFERRER);
        (bool ok, SetReferrer memory message) = DealMessages.parseSetReferrer(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.account;
        out.maker = message.referrer;
        out.order = message.nonce;
        Account memory account = State.account(state, message.account);
        if (!Accounts.exists(account)) return Settlement.refuse(out, Result.NoAccount);
        if (sender != account.owner) {
            bytes32 digest = DealMessages.setReferrerDigest(State.globals(state).domainSeparator, message);
            uint256 scopes = Authentication.OWNER_ALONE;
            Result signed = Authentication.check(state, message.account, account, digest, payload, sender, scopes, machine.clock);
            if (signed != Result.Ok) return Settlement.refuse(out, signed);
        }
        Result nonce = Nonces.check(account, message.nonce);
        if (nonce != Result.Ok) return Settlement.refuse(out, nonce);
        if (account.referrer != 0) return Settlement.refuse(out, Result.AlreadyReferred);
        if (!Accounts.exists(State.account(state, message.referrer))) return Settlement.refuse(out, Result.NoAccount);

        // After this point the message must succeed.
        account.referrer = message.referrer;
        Nonces.use(account, message.nonce);
        State.putAccount(state, message.account, account);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_CASH, MAX_POSITIONS, MAX_POSITION_LOTS, MAX_UNDERLYINGS} from "../Constants.sol";
import {Bytes} from "../math/Bytes.sol";
import {Result} from "../Result.sol";
import {Assessment, Margin} from "../risk/Margin.sol";
import {State} from "../state/State.sol";
import {Account, Accounts} from "../types/Account.sol";
import {Books} from "../types/Book.sol";
import {Expiry} from "../types/Expiry.sol";
import {Globals} from "../types/Globals.sol";
import {Listings} from "../types/Listing.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {SeriesCell} from "../types/SeriesCell.sol";
import {Authentication} from "./Authentication.sol";
import {Block, DealMessages, Leg} from "./DealMessages.sol";
import {Messages} from "./Messages.sol";
import {Nonces} from "./Nonces.sol";
import {Settlement} from "./Settlement.sol";
import {Trades} from "./Trades.sol";

/// @notice Block trades, and what a request for quotes ends in: two accounts exchange up to MAX_LEGS series at prices of their own, at once or not at all.
library Blocks {
    /// @dev One side of the deal: its account settled, and as it will be.
    struct Party {
        Account folded;
        Account next;
        int256 fee;
    }

    /// @notice Block: both sides sign the same legs.
    function block_(
        State.Body memory state,
        Machine memory machine,
        bytes memory payload,
        address sender
    ) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.BLOCK);
        (bool ok, Block memory message) = DealMessages.parseBlock(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.account = message.taker;
        out.maker = message.maker;
        out.order = message.takerNonce;
        out.makerOrder = message.makerNonce;
        out.series = message.legs[0].series;
        out.size = message.legs.length;
        Account memory makerAccount = State.account(state, message.maker);
        Account memory takerAccount = State.account(state, message.taker);
        if (!Accounts.exists(makerAccount) || !Accounts.exists(takerAccount)) return Settlement.refuse(out, Result.NoAccount);
        bytes32 digest = DealMessages.blockDigest(State.globals(state).domainSeparator, message);
        if (sender != makerAccount.owner) {
            out.result = authenticate(state, machine, message.maker, makerAccount, digest, withoutLast(payload), sender);
            if (out.result != Result.Ok) return out;
        }
        if (sender != takerAccount.owner) {
            out.result = authenticate(state, machine, message.taker, takerAccount, digest, payload, sender);
            if (out.result != Result.Ok) return out;
        }
        out.result = Nonces.check(makerAccount, message.makerNonce);
        if (out.result == Result.Ok) out.result = Nonces.check(takerAccount, message.takerNonce);
        if (out.result == Result.Ok) out.result = areOpen(state, machine, message);
        if (out.result != Result.Ok) return out;
        Party memory maker = partyOf(state, makerAccount);
        out.result = agree(state, machine, maker, message.legs, false);
        if (out.result != Result.Ok) return out;
        Party memory taker = partyOf(state, takerAccount);
        out.result = agree(state, machine, taker, message.legs, true);
        if (out.result != Result.Ok) return out;

        // After this point the message must succeed.
        out.amount = maker.fee + taker.fee;
        Settlement.release(state, makerAccount, maker.folded);
        Settlement.release(state, takerAccount, taker.folded);
        for (uint256 i = 0; i < message.legs.length; i++) exchange(state, maker.folded, taker.folded, message.legs[i]);
        Nonces.use(maker.next, message.makerNonce);
        Nonces.use(taker.next, message.takerNonce);
        int256 charged = Trades.charge(maker.next, maker.fee) + Trades.charge(taker.next, taker.fee);
        State.putAccount(state, message.maker, maker.next);
        State.putAccount(state, message.taker, taker.next);
        Globals memory globals = State.globals(state);
        globals.fees += charged;
        State.putGlobals(state, globals);
    }

    /// @dev The payload up to the maker's signature.
    function withoutLast(bytes memory payload) private pure returns (bytes memory) {
        return Bytes.slice(payload, 0, payload.length - Messages.SIGNATURE);
    }

    function authenticate(
        State.Body memory state,
        Machine memory machine,
        uint256 index,
        Account memory account,
        bytes32 digest,
        bytes memory signed,
        address sender
    ) private pure returns (Result) {
        return Authentication.check(state, index, account, digest, signed, sender, Authentication.TRADE, machine.clock);
    }

    /// @dev Whether every leg may be traded now: Ok, OrderExpired, UnknownUnderlying, NotListed or Expired.
    function areOpen(State.Body memory state, Machine memory machine, Block memory message) private pure returns (Result) {
        if (message.expiresAt != 0 && machine.clock >= message.expiresAt) return Result.OrderExpired;
        for (uint256 i = 0; i < message.legs.length; i++) {
            uint256 series = message.legs[i].series;
            if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return Result.UnknownUnderlying;
            uint256 place = Listings.placeOf(State.listing(state, Series.expirySlotOf(series)), series);
            if (place == Listings.NOT_FOUND) return Result.NotListed;
            if (machine.clock >= Series.expiryTimeOf(Series.dayOf(series))) return Result.Expired;
        }
        return Result.Ok;
    }

    function partyOf(State.Body memory state, Account memory account) private pure returns (Party memory party) {
        party.folded = Settlement.fold(state, account);
        party.next = Accounts.duplicate(party.folded);
    }

    /// @dev Gives one side its legs, and says whether it may have them. The dearer of what it buys and what it sells pays fees, the other group is free.
    function agree(
        State.Body memory state,
        Machine memory machine,
        Party memory party,
        Leg[] memory legs,
        bool isTaker
    ) private pure returns (Result) {
        Account memory next = party.next;
        int256 cash = next.cash;
        int256 bought = 0;
        int256 sold = 0;
        for (uint256 i = 0; i < legs.length; i++) {
            Leg memory leg = legs[i];
            bool isBuy = (leg.side == Books.BID) == isTaker;
            int256 size = Accounts.sizeOf(next, leg.series) + (isBuy ? int256(leg.size) : -int256(leg.size));
            if (size > int256(MAX_POSITION_LOTS) || size < -int256(MAX_POSITION_LOTS)) return Result.PositionLimit;
            Accounts.setSize(next, leg.series, size);
            cash += Trades.premium(isBuy ? Books.BID : Books.ASK, leg.price, leg.size);
            int256 fee =
                isTaker ? Trades.takerFee(state, leg.series, leg.price, leg.size) : Trades.makerFee(state, leg.series, leg.price, leg.size);
            if (isBuy) bought += fee;
            else sold += fee;
        }
        if (next.positions.length > MAX_POSITIONS) return Result.PositionLimit;
        party.fee = bought > sold ? bought : sold;
        cash -= party.fee;
        if (cash > int256(MAX_CASH) || cash < -int256(MAX_CASH)) return Result.CashLimit;
        next.cash = cash;
        Assessment memory standing = Margin.assess(state, next);
        if (Trades.isStale(standing.oldestPriceTime, machine.clock)) return Result.StalePrice;
        return standing.equity < standing.initial ? Result.InsufficientMargin : Result.Ok;
    }

    /// @dev What a leg changes beside the two accounts, which are as they were before.
    function exchange(State.Body memory state, Account memory maker, Account memory taker, Leg memory leg) private pure {
        int256 lots = leg.side == Books.BID ? int256(leg.size) : -int256(leg.size);
        int256 taken = Accounts.sizeOf(taker, leg.series);
        int256 made = Accounts.sizeOf(maker, leg.series);
        uint256 slot = Series.expirySlotOf(leg.series);
        uint256 strikeIndex = Listings.placeOf(State.listing(state, slot), leg.series);
        uint256 seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(leg.series));
        SeriesCell memory cell = State.series(state, seriesIndex);
        cell.openInterest += Trades.longChange(taken, lots) + Trades.longChange(made, -lots);
        cell.trades += 1;
        State.putSeries(state, seriesIndex, cell);
        int256 opened = Trades.openedBy(taken, lots) + Trades.openedBy(made, -lots);
        if (opened == 0) return;
        Expiry memory expiry = State.expiry(state, slot);
        expiry.openPositions = uint256(int256(expiry.openPositions) + opened);
        State.putExpiry(state, slot, expiry);
    }
}

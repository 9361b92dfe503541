// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    EXPIRY_SECOND_OF_DAY,
    MAX_ATTESTATION_AGE_SECONDS,
    MAX_PRICE,
    MAX_REPORT_GAP_SECONDS,
    MAX_UNDERLYINGS,
    PPM,
    SECONDS_PER_DAY,
    SETTLEMENT_WINDOW_SECONDS,
    lotsPerUnit
} from "../Constants.sol";
import {Signature} from "../math/Signature.sol";
import {Result} from "../Result.sol";
import {Svi} from "../math/Svi.sol";
import {State} from "../state/State.sol";
import {Expiry} from "../types/Expiry.sol";
import {Globals, GlobalsCell} from "../types/Globals.sol";
import {Machine, Machines, Outcome} from "../types/Machine.sol";
import {Series} from "../types/Series.sol";
import {Underlying} from "../types/Underlying.sol";
import {Attest, DealMessages} from "./DealMessages.sol";
import {Messages, Report, Surface} from "./Messages.sol";
import {Settlement} from "./Settlement.sol";

library Reporting {
    /// The largest rate either way: 100 % a year, in 1e-6.
    int256 private constant MAX_RATE = 1_000_000;

    /// @notice Report: prices and surfaces of one underlying under a quorum of reporters; fixes the settlement price when it passes 08:00 UTC.
    function report(State.Body memory state, Machine memory machine, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.REPORT);
        (bool ok, Report memory message) = Messages.parseReport(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        if (message.underlying >= MAX_UNDERLYINGS) return Settlement.refuse(out, Result.UnknownUnderlying);
        out.series = message.underlying;
        Globals memory globals = State.globals(state);
        if (globals.quorum == 0 || message.signatureCount < globals.quorum) return Settlement.refuse(out, Result.NoQuorum);
        bytes32 digest = Messages.reportDigest(globals.domainSeparator, message);
        if (!areReporters(globals, digest, message.signers, payload, message.signaturesAt))
            return Settlement.refuse(out, Result.BadSignature);
        Underlying memory underlying = State.underlying(state, message.underlying);
        if (message.time <= underlying.time) return Settlement.refuse(out, Result.StaleReport);
        if (message.time > machine.clock) return Settlement.refuse(out, Result.ReportFromFuture);
        if (leavesGap(underlying.time, message.time)) return Settlement.refuse(out, Result.ReportLeavesGap);
        if (!isSound(message)) return Settlement.refuse(out, Result.BadSurface);

        // After this point the message must succeed.
        out.amount = int256(accumulate(state, message.underlying, underlying, message.time));
        underlying.indexPrice = message.indexPrice;
        underlying.time = message.time;
        underlying.confidence = message.confidence;
        State.putUnderlying(state, message.underlying, underlying);
        for (uint256 i = 0; i < message.surfaces.length; i++) adopt(state, message.underlying, underlying, message.surfaces[i]);
    }

    /// @notice Attest: a quorum of reporters stands behind a state of the machine. Liquidations ask for a fresh one; after a hole between attestations
    /// auctions begin anew, because nobody could bid in it.
    function attest(State.Body memory state, Machine memory machine, bytes memory payload) internal pure returns (Outcome memory out) {
        out = Machines.outcome(Result.Ok, Messages.ATTEST);
        (bool ok, Attest memory message) = DealMessages.parseAttest(payload);
        if (!ok) return Settlement.refuse(out, Result.Malformed);
        out.amount = int256(message.time);
        Globals memory globals = State.globals(state);
        if (globals.quorum == 0 || message.signatureCount < globals.quorum) return Settlement.refuse(out, Result.NoQuorum);
        bytes32 digest = DealMessages.attestDigest(globals.domainSeparator, message);
        bool isSigned = areReporters(globals, digest, message.signers, payload, DealMessages.ATTEST_HEAD);
        if (!isSigned) return Settlement.refuse(out, Result.BadSignature);
        if (message.time <= globals.attestedAt) return Settlement.refuse(out, Result.StaleReport);
        if (message.time > machine.clock) return Settlement.refuse(out, Result.ReportFromFuture);

        // After this point the message must succeed.
        if (message.time - globals.attestedAt > MAX_ATTESTATION_AGE_SECONDS) globals.attestedSince = machine.clock;
        globals.attestedAt = message.time;
        State.putGlobals(state, globals);
    }

    /// @dev Whether every signer is a reporter whose signature stands in the payload, from `next` on in order of bit.
    function areReporters(
        Globals memory globals,
        bytes32 digest,
        uint256 signers,
        bytes memory payload,
        uint256 next
    ) private pure returns (bool) {
        for (uint256 bit = 0; bit < 16; bit++) {
            if ((signers >> bit) & 1 == 0) continue;
            address reporter = GlobalsCell.reporterAt(globals, bit);
            if (reporter == address(0) || Signature.recover(digest, payload, next) != reporter) return false;
            next += Signature.LENGTH;
        }
        return true;
    }

    /// @notice Whether a settlement window would have more than MAX_REPORT_GAP_SECONDS without a report. The first report may not come inside a window.
    function leavesGap(uint256 before, uint256 time) internal pure returns (bool) {
        if (before != 0 && time - before <= MAX_REPORT_GAP_SECONDS) return false;
        uint256 since = before == 0 ? time - 1 : before;
        uint256 day = (since + SECONDS_PER_DAY - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY;
        uint256 windowEnd = day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
        uint256 windowStart = windowEnd - SETTLEMENT_WINDOW_SECONDS;
        // Nothing tells what the price was before the first report: at the window's first second it would be inside already.
        return before == 0 ? windowStart <= time : windowStart < time;
    }

    /// @notice Whether prices and surfaces are within what the kernel can reckon with.
    function isSound(Report memory message) internal pure returns (bool) {
        if (message.time < SECONDS_PER_DAY || message.indexPrice == 0 || message.indexPrice >= MAX_PRICE || message.confidence > PPM) {
            return false;
        }
        for (uint256 i = 0; i < message.surfaces.length; i++) {
            Surface memory surface = message.surfaces[i];
            if (i > 0 && surface.day <= message.surfaces[i - 1].day) return false;
            if (Series.expiryTimeOf(surface.day) <= message.time) return false;
            if (surface.forward == 0 || surface.forward >= MAX_PRICE || surface.confidence > PPM) return false;
            if (surface.rate > MAX_RATE || surface.rate < -MAX_RATE) return false;
            if (!Svi.isValid(surface.a, surface.b, surface.rho, surface.m, surface.sigma)) return false;
        }
        return true;
    }

    /// @dev Carries the accumulator to `time`, and settles the expiry that the interval passes. Returns the settlement price, 0 when there is none.
    function accumulate(State.Body memory state, uint256 index, Underlying memory underlying, uint256 time) private pure returns (uint256) {
        (uint256 day, uint256 settlementPrice) = average(underlying, lotsPerUnit(index), time);
        if (settlementPrice == 0) return 0;
        uint256 slot = Series.slotOf(index, day);
        Expiry memory expiry = State.expiry(state, slot);
        if (expiry.day == day && expiry.settlementPrice == 0) {
            expiry.settlementPrice = settlementPrice;
            State.putExpiry(state, slot, expiry);
        }
        return settlementPrice;
    }

    /// @notice Carries an underlying's accumulator to `time`. When the interval passes 08:00 UTC of a day whose window was entered, returns that day and the
    /// average of the window; otherwise a price of 0. `lots` are those of a unit.
    function average(
        Underlying memory underlying,
        uint256 lots,
        uint256 time
    ) internal pure returns (uint256 day, uint256 settlementPrice) {
        uint256 before = underlying.time;
        if (before == 0) return (0, 0);
        uint256 start = underlying.accumulator;
        uint256 price = underlying.indexPrice;
        uint256 windowOffset = EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS;
        uint256 windowDay = (time - windowOffset) / SECONDS_PER_DAY;
        uint256 windowTime = windowDay * SECONDS_PER_DAY + windowOffset;
        if (windowTime > before) {
            underlying.windowDay = windowDay;
            underlying.windowStart = start + price * (windowTime - before);
        }
        day = (time - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY;
        uint256 expiryTime = Series.expiryTimeOf(day);
        if (expiryTime > before && underlying.windowDay == day) {
            uint256 end = start + price * (expiryTime - before);
            // ROUNDING: to the nearest whole micro-USDC per lot, half up, and at least one: it favours neither side, and no payout ever rounds.
            uint256 window = SETTLEMENT_WINDOW_SECONDS * lots;
            settlementPrice = ((end - underlying.windowStart + window / 2) / window) * lots;
            if (settlementPrice == 0) settlementPrice = lots;
        }
        underlying.accumulator = start + price * (time - before);
    }

    /// @dev Takes over a surface when its expiry is listed and not settled.
    function adopt(State.Body memory state, uint256 index, Underlying memory underlying, Surface memory surface) private pure {
        uint256 slot = Series.slotOf(index, surface.day);
        Expiry memory expiry = State.expiry(state, slot);
        if (expiry.day != surface.day || expiry.settlementPrice != 0) return;
        expiry.forward = expected(underlying, surface);
        expiry.a = surface.a;
        expiry.b = surface.b;
        expiry.rho = surface.rho;
        expiry.m = surface.m;
        expiry.sigma = surface.sigma;
        expiry.rate = surface.rate;
        expiry.confidence = surface.confidence;
        expiry.time = underlying.time;
        State.putExpiry(state, slot, expiry);
    }

    /// @notice The settlement price that is to be expected: inside the settlement window the part of the average that is fixed, and the reported forward for
    /// what is to come. ROUNDING: down, by less than a micro-USDC.
    function expected(Underlying memory underlying, Surface memory surface) internal pure returns (uint256) {
        uint256 left = Series.expiryTimeOf(surface.day) - underlying.time;
        if (left >= SETTLEMENT_WINDOW_SECONDS || underlying.windowDay != surface.day) return surface.forward;
        uint256 fixed_ = underlying.accumulator - underlying.windowStart;
        return (fixed_ + surface.forward * left) / SETTLEMENT_WINDOW_SECONDS;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MAX_UNDERLYINGS, PPM, lotsPerUnit} from "../machine/Constants.sol";
import {Black76, Smile} from "../machine/math/Black76.sol";
import {FixedPoint} from "../machine/math/FixedPoint.sol";
import {LogExp} from "../machine/math/LogExp.sol";
import {NormalTable} from "../machine/math/NormalTable.sol";
import {Svi} from "../machine/math/Svi.sol";
import {Assessment, Margin} from "../machine/risk/Margin.sol";
import {Parameters} from "../machine/risk/Parameters.sol";
import {Scenarios, Shocks} from "../machine/risk/Scenarios.sol";
import {Valuations} from "../machine/risk/Valuations.sol";
import {State} from "../machine/state/State.sol";
import {Account, Position} from "../machine/types/Account.sol";
import {Expiry} from "../machine/types/Expiry.sol";
import {Series} from "../machine/types/Series.sol";

/// @notice Prices single options and assesses portfolios by the machine's own functions, many in one call, for `npm run lab` (docs/lab.md). Holds nothing.
contract LabHarness {
    /// @notice Fixed point with 60 fractional bits throughout. Forward and strike are below 2^50 units and above 0, volatility and time below 2^7.
    struct Quote {
        int256 forward;
        int256 strike;
        /// A year.
        int256 volatility;
        /// Years.
        int256 time;
        /// A year; |rate * time| is at most 40.
        int256 rate;
        bool isPut;
    }

    /// @notice An option as a report gives it: forward and strike in micro-USDC, the surface and `rateTime`, which is rate * time, in 1e-9.
    struct Point {
        uint256 forward;
        int256 strike;
        int256 a;
        int256 b;
        int256 rho;
        int256 m;
        int256 sigma;
        int256 rateTime;
        bool isPut;
    }

    /// @notice A portfolio is an account cell behind a state root, with a witness that opens it and what its margin reads (docs/spec/machine.md).
    struct Portfolio {
        bytes32 stateRoot;
        uint256 account;
        bytes witness;
    }

    /// @notice What one underlying brings to margin, micro-USDC: the value of its positions, by scenario how far it moves (tails damped), and the two charges.
    struct Part {
        int256 mark;
        int256[] changes;
        int256 netShort;
        int256 doubt;
    }

    struct Report {
        Assessment assessment;
        /// By underlying.
        Part[] parts;
    }

    address private immutable TABLE;

    constructor(address table) {
        NormalTable.check(table);
        TABLE = table;
    }

    /// @notice Values and derivatives by the forward, discounted.
    function price(Quote[] calldata quotes) external view returns (int256[] memory values, int256[] memory deltas) {
        bytes memory table = NormalTable.load(TABLE);
        values = new int256[](quotes.length);
        deltas = new int256[](quotes.length);
        for (uint256 i = 0; i < quotes.length; i++) {
            Quote calldata quote = quotes[i];
            Smile memory smile;
            smile.spots = new int256[](2);
            smile.spots[0] = quote.forward;
            smile.strike = quote.strike;
            smile.logMoneyness = LogExp.ln((quote.forward << FixedPoint.BITS) / quote.strike);
            smile.volatility = Svi.clamp(FixedPoint.isqrt((quote.volatility * quote.volatility * quote.time) >> FixedPoint.BITS));
            smile.discount = LogExp.exp(-FixedPoint.mul(quote.rate, quote.time));
            smile.isPut = quote.isPut;
            priceAt(table, smile, values, deltas, i);
        }
    }

    /// @notice As `price`, of options whose volatility comes from a surface, the way margin takes it: `values` in micro-USDC, in fixed point like the total
    /// volatilities.
    function priceOnSurface(
        Point[] calldata points
    ) external view returns (int256[] memory values, int256[] memory deltas, int256[] memory volatilities) {
        bytes memory table = NormalTable.load(TABLE);
        values = new int256[](points.length);
        deltas = new int256[](points.length);
        volatilities = new int256[](points.length);
        for (uint256 i = 0; i < points.length; i++) {
            Point calldata point = points[i];
            Expiry memory expiry;
            expiry.forward = point.forward;
            expiry.a = point.a;
            expiry.b = point.b;
            expiry.rho = point.rho;
            expiry.m = point.m;
            expiry.sigma = point.sigma;
            Smile memory smile;
            (smile.volatility, smile.logMoneyness) = Valuations.smileAt(expiry, point.strike);
            volatilities[i] = smile.volatility;
            smile.spots = new int256[](2);
            smile.spots[0] = int256(point.forward) << FixedPoint.BITS;
            smile.strike = point.strike << FixedPoint.BITS;
            smile.discount = LogExp.exp(-FixedPoint.fromNano(point.rateTime));
            smile.isPut = point.isPut;
            priceAt(table, smile, values, deltas, i);
        }
    }

    /// @dev The value of a smile's one spot, and its derivative by the forward; spot, strike and kind are used up.
    function priceAt(bytes memory table, Smile memory smile, int256[] memory values, int256[] memory deltas, uint256 i) private pure {
        bool isPut = smile.isPut;
        Black76.price(table, smile, 1, 1, values, i);
        // A call on a forward of 1 that costs nothing to exercise is worth N(d1).
        smile.spots[0] = FixedPoint.ONE;
        smile.strike = 0;
        smile.isPut = false;
        Black76.price(table, smile, 1, 1, deltas, i);
        if (isPut) deltas[i] -= smile.discount;
    }

    /// @notice Margin as the machine assesses it, and what it is made of.
    function margin(Portfolio[] calldata portfolios) external view returns (Report[] memory reports) {
        bytes memory table = NormalTable.load(TABLE);
        reports = new Report[](portfolios.length);
        for (uint256 i = 0; i < portfolios.length; i++) {
            State.Body memory state = State.load(portfolios[i].witness, portfolios[i].stateRoot, bytes32(0));
            state.table = table;
            Account memory account = State.account(state, portfolios[i].account);
            reports[i].assessment = Margin.assess(state, account);
            reports[i].parts = new Part[](MAX_UNDERLYINGS);
            for (uint256 underlying = 0; underlying < MAX_UNDERLYINGS; underlying++) {
                reports[i].parts[underlying] = partOf(state, account, underlying);
            }
        }
    }

    /// @notice Gas of opening an account's cells by their proofs, with the table of the normal distribution, and of assessing its margin once they are open.
    function gasOfMargin(Portfolio calldata portfolio) external view returns (uint256 opening, uint256 assessment) {
        opening = gasleft();
        State.Body memory state = State.load(portfolio.witness, portfolio.stateRoot, bytes32(0));
        state.table = NormalTable.load(TABLE);
        Account memory account = State.account(state, portfolio.account);
        opening -= gasleft();
        assessment = gasleft();
        Margin.assess(state, account);
        assessment -= gasleft();
    }

    /// @notice Gas of the innermost loop: one series under one volatility at `count` spots, from 20 % below the forward upwards by 1 %.
    function gasOfLoop(Quote calldata quote, uint256 count) external view returns (uint256 gas) {
        bytes memory table = NormalTable.load(TABLE);
        Smile memory smile;
        smile.spots = new int256[](2 * count);
        for (uint256 i = 0; i < count; i++) {
            smile.spots[2 * i] = (quote.forward * int256(80 + i)) / 100;
            smile.spots[2 * i + 1] = LogExp.ln((FixedPoint.ONE * int256(80 + i)) / 100);
        }
        smile.strike = quote.strike;
        smile.logMoneyness = LogExp.ln((quote.forward << FixedPoint.BITS) / quote.strike);
        smile.volatility = Svi.clamp(FixedPoint.isqrt((quote.volatility * quote.volatility * quote.time) >> FixedPoint.BITS));
        smile.discount = LogExp.exp(-FixedPoint.mul(quote.rate, quote.time));
        smile.isPut = quote.isPut;
        int256[] memory values = new int256[](count);
        gas = gasleft();
        Black76.price(table, smile, count, 1, values, 0);
        gas -= gasleft();
    }

    struct Sums {
        int256[] values;
        int256 lots;
        int256 group;
        int256 short;
        int256 doubt;
        uint256 last;
        uint256 day;
        Shocks shocks;
    }

    function partOf(State.Body memory state, Account memory account, uint256 underlying) private pure returns (Part memory part) {
        Sums memory sums;
        sums.values = new int256[](Parameters.SCENARIOS);
        sums.lots = int256(lotsPerUnit(underlying));
        for (uint256 i = 0; i < account.positions.length; i++) {
            if (Series.underlyingOf(account.positions[i].series) == underlying) add(state, sums, account.positions[i]);
        }
        if (sums.group < 0) sums.short -= sums.group;
        int256 mark = sums.values[Parameters.MARK_SCENARIO];
        part.mark = Margin.quotient(mark, sums.lots);
        part.changes = new int256[](Parameters.SCENARIOS);
        for (uint256 scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
            part.changes[scenario] = Margin.damped(scenario, Margin.quotient(sums.values[scenario] - mark, sums.lots));
        }
        if (sums.last == 0) return part;
        uint256 indexPrice = State.underlying(state, underlying).indexPrice;
        part.netShort = Margin.contingencies(sums.short, 0, indexPrice, sums.lots);
        part.doubt = Margin.contingencies(0, sums.doubt, indexPrice, sums.lots);
    }

    function add(State.Body memory state, Sums memory sums, Position memory position) private pure {
        uint256 underlying = Series.underlyingOf(position.series);
        Expiry memory expiry = State.expiry(state, Series.expirySlotOf(position.series));
        if (expiry.day != sums.day) {
            sums.day = expiry.day;
            sums.shocks = Scenarios.shocksOf(expiry, Valuations.movesOf(state, underlying, expiry));
        }
        Valuations.addTo(sums.values, position.size, state.table, position.series, expiry, sums.shocks);
        uint256 group = position.series - Series.strikeOf(position.series);
        if (group != sums.last) {
            if (sums.group < 0) sums.short -= sums.group;
            sums.group = 0;
            sums.last = group;
        }
        if (Series.kindOf(position.series) != Series.FUTURE) sums.group += position.size;
        uint256 indexConfidence = State.underlying(state, underlying).confidence;
        uint256 confidence = expiry.confidence < indexConfidence ? expiry.confidence : indexConfidence;
        sums.doubt += (position.size < 0 ? -position.size : position.size) * (int256(PPM) - int256(confidence));
    }
}

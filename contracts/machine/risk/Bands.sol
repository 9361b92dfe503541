// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PPM, tickSize} from "../Constants.sol";
import {Black76, Smile} from "../math/Black76.sol";
import {FixedPoint} from "../math/FixedPoint.sol";
import {LogExp} from "../math/LogExp.sol";
import {Svi} from "../math/Svi.sol";
import {State} from "../state/State.sol";
import {Books} from "../types/Book.sol";
import {Expiry} from "../types/Expiry.sol";
import {Series} from "../types/Series.sol";
import {Parameters} from "./Parameters.sol";
import {Scenarios} from "./Scenarios.sol";
import {Valuations} from "./Valuations.sol";

/// @notice The least and the most that one unit could be worth, micro-USDC.
struct Worth {
    int256 low;
    int256 high;
}

library Bands {
    /// @notice Whether a limit in ticks is within its series' band: nobody buys above, or sells below, what the series could be worth, with BAND_ROOM of the
    /// index to spare. So a mistyped price is refused, and a price that nobody would take is not.
    function allows(
        State.Body memory state,
        uint256 series,
        Expiry memory expiry,
        uint256 indexPrice,
        uint256 side,
        uint256 price
    ) internal pure returns (bool) {
        Worth memory worth = worthOf(state.table, series, expiry);
        int256 room = FixedPoint.mulDivDown(int256(indexPrice), Parameters.BAND_ROOM, int256(PPM));
        int256 limit = int256(price * tickSize(Series.underlyingOf(series)));
        return side == Books.BID ? limit <= worth.high + room : limit >= worth.low - room;
    }

    /// @notice What one unit is worth when spot and volatility are both against it, and when both are for it; nothing before the first report. `table` is
    /// NormalTable's.
    function worthOf(bytes memory table, uint256 series, Expiry memory expiry) internal pure returns (Worth memory worth) {
        if (expiry.forward == 0) return worth;
        int256 spotMove = Series.kindOf(series) == Series.PUT ? -Parameters.BAND_SPOT : Parameters.BAND_SPOT;
        worth.low = worthAt(table, series, expiry, -spotMove, -Parameters.BAND_VOLATILITY_DOWN);
        worth.high = worthAt(table, series, expiry, spotMove, Parameters.BAND_VOLATILITY_UP);
    }

    /// @dev Value of one unit with spot and volatility moved by these parts of themselves, in millionths.
    function worthAt(
        bytes memory table,
        uint256 series,
        Expiry memory expiry,
        int256 spotMove,
        int256 volatilityMove
    ) private pure returns (int256) {
        int256 factor = int256(PPM) + spotMove;
        int256 forward = (int256(expiry.forward) * factor) / int256(PPM);
        if (Series.kindOf(series) == Series.FUTURE) return forward;
        Smile memory smile;
        smile.spots = new int256[](2);
        smile.spots[0] = forward;
        smile.spots[1] = LogExp.ln((factor * FixedPoint.ONE) / int256(PPM));
        smile.strike = int256(Series.strikeOf(series) * tickSize(Series.underlyingOf(series)));
        (smile.volatility, smile.logMoneyness) = Valuations.smileAt(expiry, smile.strike);
        smile.volatility = Svi.clamp((smile.volatility * (int256(PPM) + volatilityMove)) / int256(PPM));
        (, , smile.discount) = Scenarios.timeOf(expiry);
        smile.isPut = Series.kindOf(series) == Series.PUT;
        int256[] memory values = new int256[](1);
        Black76.price(table, smile, 1, 1, values, 0);
        return values[0];
    }
}

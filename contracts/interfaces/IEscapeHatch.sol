// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The way out of a dead rollup: everybody proves his account under the last confirmed state, and all are paid the same ratio.
interface IEscapeHatch {
    event FrozenBy(address indexed caller, bytes32 stateRoot, uint64 registrationEndsAt);
    /// @notice Positions that expire on a day are all valued at this price, in micro-USDC per unit.
    event PriceFixed(uint256 indexed underlying, uint256 indexed day, uint256 price);
    event Registered(uint256 indexed account, address indexed owner, uint256 amount);
    /// @notice A deposit that no confirmed assertion executed went back to its owner.
    event DepositReturned(uint64 indexed index, address indexed owner, uint256 amount);
    event Escaped(uint256 indexed account, address indexed owner, uint256 amount);

    error NotDead(uint256 blockNumber, uint256 deadBlock);
    error AlreadyFrozen();
    error NotFrozen();
    error RegistrationOver(uint64 endsAt);
    error RegistrationOpen(uint64 endsAt);
    error AlreadyRegistered(uint256 account);
    error WrongState(bytes32 expected, bytes32 actual);
    error WrongProof(bytes32 expected, bytes32 actual);
    /// @notice Nobody fixed the price of the series' day yet.
    error NotSettled(uint256 series);
    /// @notice L1 knows no price at all of the underlying: show its oracle a report.
    error NoPrice(uint256 underlying, uint256 day);
    error AlreadyFixed(uint256 underlying, uint256 day);
    error NothingOwed(uint256 account);
    error AlreadyExecuted(uint64 index, uint64 firstUnexecuted);
    error AlreadyReturned(uint64 index);
    error PoolDivided(uint256 amount, uint256 left);

    /// @notice Freezes the rollup when nothing was confirmed for too long, or a forced message waits too long. `finalState` is the machine at the
    /// last confirmed leaf.
    function freeze(bytes calldata finalState) external;

    /// @notice Fixes for everybody at which price positions of a day count: the machine's settlement price in the state of the freeze, shown by its expiry's cell
    /// (empty where there is none); else the oracle's; else, for their intrinsic value, the oracle's index price of the freeze; else the oracle's index price now.
    function fixPrice(
        uint256 underlying,
        uint256 day,
        bytes calldata cell,
        bytes32[] calldata siblings,
        bytes32[] calldata kindRoots
    ) external;

    /// @notice Registers an account's claim: its cash, and its positions at the prices that `fixPrice` fixed. `kindRoots` are the eight roots of the state.
    function register(uint256 account, bytes calldata cell, bytes32[] calldata siblings, bytes32[] calldata kindRoots) external;

    /// @notice Gives a deposit back to its owner that the confirmed state had not executed: L1 message `index`, with its payload. In full, like a confirmed
    /// withdrawal, because it never was the exchange's; after the registration out of what the registered claims leave.
    function returnDeposit(uint64 index, bytes calldata payload) external;

    /// @notice Pays a registered claim, after the registration, at the ratio that everybody gets.
    function escape(uint256 account) external;

    function isFrozen() external view returns (bool);

    /// @notice Seconds at which registration ends and payment begins; 0 before the freeze.
    function registrationEndsAt() external view returns (uint64);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Many people's ETH as the bond of one assertion, which none of them could pay alone (docs/spec/rollup.md). The assertion's id commits to what it claims, so a
/// pool can back nothing else, whoever asserts through it. There is one pool for an assertion: BondPools makes it.
interface IBondPool {
    event Joined(address indexed contributor, uint256 amount);
    event LeavingStarted(address indexed contributor, uint256 leavesAt);
    event Left(address indexed contributor, uint256 amount);
    event AssertedByPool(bytes32 indexed assertionId);
    event BondReturned(uint256 amount);

    error PoolFull(uint256 missing);
    error NotFull(uint256 missing);
    error AlreadyInUse();
    error NotReturned();
    error NothingHere(address contributor);
    error NoticeRuns(uint256 leavesAt);
    error NotFromChain(address sender);
    error PaymentFailed(address to, uint256 amount);

    /// @notice Adds to the bond, at most what is missing, and takes back a notice to leave.
    function join() external payable;

    /// @notice Says that the caller's part will leave after NOTICE_BLOCKS, if the bond is not in use by then. Without notice somebody could fill the pool and empty it
    /// in front of every assertion.
    function startLeaving() external;

    /// @notice Pays the caller's part after the notice, or at once when the assertion was made without this pool.
    function leave() external;

    /// @notice Makes the assertion with the full bond; anybody may, with the arguments of IAssertionChain.createAssertion. Ether sent along joins first, so that who fills
    /// the pool may assert in the same call.
    function createAssertion(bytes32 parent, bytes32 historyRoot, bytes calldata finalState, bytes32[] calldata rightPath) external payable;

    /// @notice Takes the bond back from the assertion chain once it is free there. A bond that was forfeited never comes back.
    function takeBack() external;

    /// @notice Pays the caller's part of the bond that came back, which is all of it.
    function claim() external;

    // solhint-disable-next-line func-name-mixedcase
    function NOTICE_BLOCKS() external view returns (uint256);

    function assertionId() external view returns (bytes32);

    /// @notice The part of a contributor, in wei.
    function contributions(address contributor) external view returns (uint256);

    /// @notice The first block in which a contributor who gave notice may leave, 0 without notice.
    function leavesAt(address contributor) external view returns (uint256);

    /// @notice The sum of all parts, in wei.
    function total() external view returns (uint256);

    /// @notice What the bond still lacks, in wei.
    function missing() external view returns (uint256);

    function isInUse() external view returns (bool);

    function isReturned() external view returns (bool);
}

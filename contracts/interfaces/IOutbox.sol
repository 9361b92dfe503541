// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Pays withdrawals that a confirmed assertion holds.
interface IOutbox {
    event RootAccepted(bytes32 indexed outboxRoot);
    event Claimed(uint256 indexed index, uint256 indexed account, address indexed recipient, address payee, uint256 amount);
    event ClaimTransferred(uint256 indexed index, address indexed from, address indexed to);

    error OnlyAssertionChain(address caller);
    error UnknownRoot(bytes32 outboxRoot);
    error WrongProof(bytes32 outboxRoot, bytes32 hash);
    error AlreadyClaimed(uint256 index);
    error NotPayee(address caller, address payee);
    error RollupFrozen();

    /// @notice Makes a confirmed outbox root payable, unless the rollup is frozen. Only the AssertionChain.
    function acceptRoot(bytes32 outboxRoot) external;

    /// @notice Pays withdrawal `index`, shown under a confirmed root by its 24 siblings. Anyone may call; the payee is paid.
    /// After a freeze only until the registration of escapes ends.
    function claim(
        bytes32 outboxRoot,
        uint256 index,
        uint256 account,
        address recipient,
        uint256 amount,
        bytes32[] calldata proof
    ) external;

    /// @notice Hands the right to be paid to somebody else, who may have paid the recipient early. Only the present payee; before the claim.
    function transferClaim(uint256 index, address recipient, address to) external;

    function isClaimed(uint256 index) external view returns (bool);
}

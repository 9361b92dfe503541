// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Holds the collateral. Money comes in by deposits, and goes out only to the Outbox's claims or, after a freeze, the EscapeHatch's.
interface IVault {
    event AccountOpened(uint32 indexed account, address indexed owner, uint32 subaccount);
    event Deposited(uint32 indexed account, address indexed payer, uint256 amount, uint64 messageIndex);
    event Paid(address indexed to, uint256 amount);

    error ZeroAmount();
    error ZeroOwner();
    error TooManyAccounts();
    error CapReached(uint256 total, uint256 cap);
    error OnlyBridge(address caller);
    error RollupFrozen();

    /// @notice Moves `amount` micro-USDC from the caller into an owner's sub-account, opening it when it is new.
    function deposit(address owner, uint32 subaccount, uint256 amount) external returns (uint32 account);

    /// @notice Like `deposit`, with an ERC-2612 permit instead of an earlier approval.
    function depositWithPermit(
        address owner,
        uint32 subaccount,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint32 account);

    /// @notice Pays collateral out. Only the Outbox and the EscapeHatch.
    function pay(address to, uint256 amount) external;

    /// @notice Takes no deposit any more. Only the EscapeHatch, when it freezes the rollup.
    function close() external;

    /// @notice Account of an owner's sub-account, 0 when it has none.
    function accountOf(address owner, uint32 subaccount) external view returns (uint32);

    function accountCount() external view returns (uint32);

    /// @notice Collateral held, in micro-USDC.
    function balance() external view returns (uint256);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IVault} from "../interfaces/IVault.sol";
import {MAX_CASH} from "../machine/Constants.sol";

contract Vault is IVault, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_ACCOUNTS = (1 << 24) - 1;

    IERC20 public immutable TOKEN;
    IInbox public immutable INBOX;
    address public immutable OUTBOX;
    address public immutable ESCAPE_HATCH;

    mapping(address owner => mapping(uint32 subaccount => uint32)) public accountOf;
    /// @dev Read and written by every deposit, so in one slot.
    uint32 public accountCount;
    uint64 public totalDeposited;
    bool public isClosed;

    constructor(IERC20 token, IInbox inbox, address outbox, address escapeHatch) EIP712("Strikeproof", "1") {
        TOKEN = token;
        INBOX = inbox;
        OUTBOX = outbox;
        ESCAPE_HATCH = escapeHatch;
    }

    /// @inheritdoc IVault
    function deposit(address owner, uint32 subaccount, uint256 amount) external nonReentrant returns (uint32 account) {
        return take(owner, subaccount, amount);
    }

    /// @inheritdoc IVault
    function depositWithPermit(
        address owner,
        uint32 subaccount,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint32 account) {
        // Somebody may have used the permit already to annoy: what counts is the allowance, which the transfer checks.
        try IERC20Permit(address(TOKEN)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return take(owner, subaccount, amount);
    }

    /// @inheritdoc IVault
    function pay(address to, uint256 amount) external {
        require(msg.sender == OUTBOX || msg.sender == ESCAPE_HATCH, OnlyBridge(msg.sender));
        emit Paid(to, amount);
        TOKEN.safeTransfer(to, amount);
    }

    /// @inheritdoc IVault
    function close() external {
        require(msg.sender == ESCAPE_HATCH, OnlyBridge(msg.sender));
        isClosed = true;
    }

    /// @inheritdoc IVault
    function balance() external view returns (uint256) {
        return TOKEN.balanceOf(address(this));
    }

    /// @notice Separator of the domain in which users and reporters sign messages.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function take(address owner, uint32 subaccount, uint256 amount) private returns (uint32 account) {
        require(amount > 0, ZeroAmount());
        require(owner != address(0), ZeroOwner());
        require(!isClosed, RollupFrozen());
        // LIMIT: all deposits ever stay below the bound that the machine's sums of money rely on.
        uint256 total = totalDeposited + amount;
        require(total <= MAX_CASH, CapReached(total, MAX_CASH));
        totalDeposited = uint64(total);
        account = accountOf[owner][subaccount];
        if (account == 0) {
            require(accountCount < MAX_ACCOUNTS, TooManyAccounts());
            account = ++accountCount;
            accountOf[owner][subaccount] = account;
            emit AccountOpened(account, owner, subaccount);
        }
        uint64 index = INBOX.enqueueDeposit(abi.encodePacked(uint24(account), owner, uint64(amount)));
        emit Deposited(account, msg.sender, amount, index);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }
}

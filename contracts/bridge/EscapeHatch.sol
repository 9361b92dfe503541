// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {IVault} from "../interfaces/IVault.sol";
import {MAX_UNDERLYINGS, lotsPerUnit} from "../machine/Constants.sol";
import {Bytes} from "../machine/math/Bytes.sol";
import {FixedPoint} from "../machine/math/FixedPoint.sol";
import {Merkle} from "../machine/math/Merkle.sol";
import {State} from "../machine/state/State.sol";
import {Settlement} from "../machine/step/Settlement.sol";
import {Account, Accounts, Position} from "../machine/types/Account.sol";
import {Expiries, Expiry} from "../machine/types/Expiry.sol";
import {Machines} from "../machine/types/Machine.sol";
import {Series} from "../machine/types/Series.sol";
import {InboxAccumulator} from "../protocol/InboxAccumulator.sol";

interface ILastL1End {
    function lastL1End() external view returns (uint64);
}

contract EscapeHatch is IEscapeHatch {
    struct Claim {
        address owner;
        uint96 amount;
    }

    uint256 private constant ACCOUNT_DEPTH = 24;
    uint256 private constant EXPIRY_DEPTH = 14;

    IAssertionChain public immutable ASSERTION_CHAIN;
    IVault public immutable VAULT;
    IPriceOracle public immutable ORACLE;
    IInbox public immutable INBOX;
    ILastL1End public immutable SEQUENCER_INBOX;
    /// Blocks without a confirmation after which the rollup is dead.
    uint64 public immutable DEAD_AFTER_BLOCKS;
    /// Age at which an L1 message that nobody included shows that the rollup is dead.
    uint64 public immutable UNSERVED_SECONDS;
    uint64 public immutable REGISTRATION_SECONDS;

    bool public isFrozen;
    bool private isDivided;
    uint64 public registrationEndsAt;
    /// L1 messages before this one are executed in the state of the freeze.
    uint64 public firstUnexecuted;
    bytes32 public stateRoot;
    uint256 public totalClaims;
    /// What the vault held when the first was paid after the registration.
    uint256 public pool;
    /// What the pool still owes to registered claims.
    uint256 public owed;
    mapping(uint256 account => Claim) public claims;
    mapping(uint256 account => bool) public isRegistered;
    mapping(uint64 index => bool) public isReturned;
    /// Index prices that L1 knew at the freeze, in micro-USDC per unit.
    mapping(uint256 underlying => uint256) public indexAtFreeze;
    /// Prices at which positions of a day are valued, once somebody showed the day. INVARIANT: never changed, so that what the long gains the short loses.
    mapping(uint256 underlying => mapping(uint256 day => uint256)) public priceOf;

    constructor(
        IAssertionChain assertionChain,
        IVault vault,
        IPriceOracle oracle,
        IInbox inbox,
        ILastL1End sequencerInbox,
        uint64 deadAfterBlocks,
        uint64 unservedSeconds,
        uint64 registrationSeconds
    ) {
        ASSERTION_CHAIN = assertionChain;
        VAULT = vault;
        ORACLE = oracle;
        INBOX = inbox;
        SEQUENCER_INBOX = sequencerInbox;
        DEAD_AFTER_BLOCKS = deadAfterBlocks;
        UNSERVED_SECONDS = unservedSeconds;
        REGISTRATION_SECONDS = registrationSeconds;
    }

    /// @inheritdoc IEscapeHatch
    function freeze(bytes calldata finalState) external {
        require(!isFrozen, AlreadyFrozen());
        uint256 deadBlock = uint256(ASSERTION_CHAIN.lastConfirmedBlock()) + DEAD_AFTER_BLOCKS;
        require(block.number > deadBlock || isUnserved(), NotDead(block.number, deadBlock));
        bytes32 leaf = ASSERTION_CHAIN.assertions(ASSERTION_CHAIN.latestConfirmed()).finalLeaf;
        require(keccak256(finalState) == leaf, WrongState(leaf, keccak256(finalState)));
        isFrozen = true;
        stateRoot = Machines.stateRootOf(finalState);
        firstUnexecuted = uint64(Machines.decode(finalState).cursor.l1Index);
        registrationEndsAt = uint64(block.timestamp) + REGISTRATION_SECONDS;
        for (uint256 i = 0; i < MAX_UNDERLYINGS; i++) indexAtFreeze[i] = ORACLE.feedOf(i).indexPrice;
        VAULT.close();
        emit FrozenBy(msg.sender, stateRoot, registrationEndsAt);
    }

    /// @inheritdoc IEscapeHatch
    function register(uint256 account, bytes calldata cell, bytes32[] calldata siblings, bytes32[] calldata kindRoots) external {
        require(isFrozen, NotFrozen());
        require(block.timestamp < registrationEndsAt, RegistrationOver(registrationEndsAt));
        require(!isRegistered[account], AlreadyRegistered(account));
        showCell(State.ACCOUNTS, ACCOUNT_DEPTH, account, cell, siblings, kindRoots);
        Account memory decoded = Accounts.decode(cell);
        int256 worth = decoded.cash;
        for (uint256 i = 0; i < decoded.positions.length; i++) worth += valueOf(decoded.positions[i]);
        require(worth > 0, NothingOwed(account));
        isRegistered[account] = true;
        claims[account] = Claim(decoded.owner, uint96(uint256(worth)));
        totalClaims += uint256(worth);
        emit Registered(account, decoded.owner, uint256(worth));
    }

    /// @inheritdoc IEscapeHatch
    function fixPrice(
        uint256 underlying,
        uint256 day,
        bytes calldata cell,
        bytes32[] calldata siblings,
        bytes32[] calldata kindRoots
    ) external {
        require(isFrozen, NotFrozen());
        require(priceOf[underlying][day] == 0, AlreadyFixed(underlying, day));
        showCell(State.EXPIRIES, EXPIRY_DEPTH, Series.slotOf(underlying, day), cell, siblings, kindRoots);
        Expiry memory expiry = Expiries.decode(cell);
        // SAFETY: where the machine settled a day, some accounts were paid at that price already, and everybody else is owed the same.
        uint256 price = expiry.day == day ? expiry.settlementPrice : 0;
        if (price == 0) price = ORACLE.settlementPrice(underlying, day);
        // LIMIT: an option that has not expired pays its intrinsic value only: a dead rollup waits for no expiry, and nobody is left to judge time value.
        if (price == 0) price = indexAtFreeze[underlying];
        // Reports that only the machine saw are in its batches: anybody may show them to the oracle after the freeze.
        if (price == 0) price = ORACLE.feedOf(underlying).indexPrice;
        require(price != 0, NoPrice(underlying, day));
        priceOf[underlying][day] = price;
        emit PriceFixed(underlying, day, price);
    }

    /// @inheritdoc IEscapeHatch
    function escape(uint256 account) external {
        require(isFrozen, NotFrozen());
        require(block.timestamp >= registrationEndsAt, RegistrationOpen(registrationEndsAt));
        Claim memory claim = claims[account];
        require(claim.amount > 0, NothingOwed(account));
        dividePool();
        delete claims[account];
        // ROUNDING: down, so that the last is paid as the first.
        uint256 amount = totalClaims <= pool ? claim.amount : (uint256(claim.amount) * pool) / totalClaims;
        owed -= amount;
        emit Escaped(account, claim.owner, amount);
        VAULT.pay(claim.owner, amount);
    }

    /// @inheritdoc IEscapeHatch
    function returnDeposit(uint64 index, bytes calldata payload) external {
        require(isFrozen, NotFrozen());
        require(index >= firstUnexecuted, AlreadyExecuted(index, firstUnexecuted));
        require(!isReturned[index], AlreadyReturned(index));
        bytes32 hash = InboxAccumulator.messageHash(Machines.DEPOSIT, address(VAULT), INBOX.timestampOf(index), index, payload);
        bytes32 expected = INBOX.accumulator(index + 1);
        hash = InboxAccumulator.accumulate(INBOX.accumulator(index), hash);
        require(hash == expected, WrongProof(expected, hash));
        isReturned[index] = true;
        address owner = Bytes.address_(payload, 3);
        uint256 amount = Bytes.uint_(payload, 23, 8);
        if (block.timestamp >= registrationEndsAt) {
            dividePool();
            // SAFETY: who comes late takes nothing from who registered.
            uint256 left = VAULT.balance() - owed;
            require(amount <= left, PoolDivided(amount, left));
        }
        emit DepositReturned(index, owner, amount);
        VAULT.pay(owner, amount);
    }

    /// @dev Fixes the ratio of all registered claims by what the vault holds now.
    function dividePool() private {
        if (isDivided) return;
        isDivided = true;
        pool = VAULT.balance();
        owed = totalClaims <= pool ? totalClaims : pool;
    }

    /// @dev Whether the oldest L1 message that no batch consumed waits for longer than anybody should.
    function isUnserved() private view returns (bool) {
        uint64 next = SEQUENCER_INBOX.lastL1End();
        return next < INBOX.count() && block.timestamp > uint256(INBOX.timestampOf(next)) + UNSERVED_SECONDS;
    }

    /// @dev Whether a cell stands at `index` of its kind's tree, of this depth, in the state of the freeze. One that was never put is empty.
    function showCell(
        uint256 kind,
        uint256 depth,
        uint256 index,
        bytes calldata cell,
        bytes32[] memory siblings,
        bytes32[] calldata kindRoots
    ) private view {
        State.Body memory state;
        // SAFETY: the kind's root is one of eight in a fixed order, and the path has the tree's length: no node, and no cell of another kind, is taken for this one.
        require(kindRoots.length == 8 && siblings.length == depth && index >> depth == 0, WrongState(stateRoot, bytes32(0)));
        for (uint256 i = 0; i < 8; i++) state.roots[i] = kindRoots[i];
        bytes32 root = State.stateRootOf(state);
        require(root == stateRoot, WrongState(stateRoot, root));
        bytes32 hash = Merkle.rootOf(cell.length == 0 ? bytes32(0) : keccak256(cell), index, siblings);
        require(hash == kindRoots[kind], WrongProof(kindRoots[kind], hash));
    }

    /// @dev ROUNDING: down for the holder, as the machine's own settlement.
    function valueOf(Position memory position) private view returns (int256) {
        uint256 underlying = Series.underlyingOf(position.series);
        uint256 price = priceOf[underlying][Series.dayOf(position.series)];
        require(price != 0, NotSettled(position.series));
        int256 intrinsic = int256(Settlement.intrinsic(position.series, price));
        return FixedPoint.mulDivDown(position.size, intrinsic, int256(lotsPerUnit(underlying)));
    }
}

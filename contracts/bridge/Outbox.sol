// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IOutbox} from "../interfaces/IOutbox.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Withdrawal} from "../protocol/Withdrawal.sol";

contract Outbox is IOutbox {
    using BitMaps for BitMaps.BitMap;

    address public immutable ASSERTION_CHAIN;
    IVault public immutable VAULT;
    IEscapeHatch public immutable ESCAPE_HATCH;

    mapping(bytes32 outboxRoot => bool) public isAccepted;
    /// @dev Who is paid instead of the recipient, by index and recipient: an index has one recipient once it is confirmed, and a claim on another never pays.
    mapping(uint256 index => mapping(address recipient => address)) public payeeOf;
    BitMaps.BitMap private claimed;

    constructor(address assertionChain, IVault vault, IEscapeHatch escapeHatch) {
        ASSERTION_CHAIN = assertionChain;
        VAULT = vault;
        ESCAPE_HATCH = escapeHatch;
    }

    /// @inheritdoc IOutbox
    function acceptRoot(bytes32 outboxRoot) external {
        require(msg.sender == ASSERTION_CHAIN, OnlyAssertionChain(msg.sender));
        // SAFETY: the escape pays by the state of the freeze: withdrawals that were confirmed later would be paid on top of the accounts that made them.
        if (ESCAPE_HATCH.isFrozen()) return;
        isAccepted[outboxRoot] = true;
        emit RootAccepted(outboxRoot);
    }

    /// @inheritdoc IOutbox
    function claim(
        bytes32 outboxRoot,
        uint256 index,
        uint256 account,
        address recipient,
        uint256 amount,
        bytes32[] calldata proof
    ) external {
        // SAFETY: what a confirmed root owes left its account already, so no escape pays it: a freeze leaves it payable until the escape fixes its ratio.
        require(!ESCAPE_HATCH.isFrozen() || block.timestamp < ESCAPE_HATCH.registrationEndsAt(), RollupFrozen());
        require(isAccepted[outboxRoot] && outboxRoot != bytes32(0), UnknownRoot(outboxRoot));
        require(!claimed.get(index), AlreadyClaimed(index));
        bytes32 hash = Withdrawal.rootOf(Withdrawal.leaf(index, account, recipient, amount), index, proof);
        require(hash == outboxRoot && proof.length == Withdrawal.DEPTH && index >> Withdrawal.DEPTH == 0, WrongProof(outboxRoot, hash));
        claimed.set(index);
        address payee = payeeOf[index][recipient];
        if (payee == address(0)) payee = recipient;
        emit Claimed(index, account, recipient, payee, amount);
        VAULT.pay(payee, amount);
    }

    /// @inheritdoc IOutbox
    function transferClaim(uint256 index, address recipient, address to) external {
        require(!claimed.get(index), AlreadyClaimed(index));
        address payee = payeeOf[index][recipient];
        if (payee == address(0)) payee = recipient;
        require(msg.sender == payee, NotPayee(msg.sender, payee));
        payeeOf[index][recipient] = to;
        emit ClaimTransferred(index, payee, to);
    }

    /// @inheritdoc IOutbox
    function isClaimed(uint256 index) external view returns (bool) {
        return claimed.get(index);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IBondPool} from "../interfaces/IBondPool.sol";

contract BondPool is IBondPool, ReentrancyGuardTransient {
    /// LIMIT: an hour of Ethereum's blocks between a notice and what it takes out. Whoever completes a pool asserts long before.
    uint256 public constant NOTICE_BLOCKS = 300;

    IAssertionChain public immutable ASSERTION_CHAIN;
    uint256 public immutable BOND;

    mapping(address => uint256) public contributions;
    mapping(address => uint256) public leavesAt;
    uint256 public total;
    bool public isInUse;
    bool public isReturned;

    constructor(IAssertionChain assertionChain) {
        ASSERTION_CHAIN = assertionChain;
        BOND = assertionChain.BOND();
    }

    /// @dev Only the assertion chain pays into a pool without joining it, when it gives the bond back.
    receive() external payable {
        require(msg.sender == address(ASSERTION_CHAIN), NotFromChain(msg.sender));
    }

    /// @inheritdoc IBondPool
    function join() external payable {
        add(msg.sender, msg.value);
    }

    /// @inheritdoc IBondPool
    function startLeaving() external {
        require(contributions[msg.sender] > 0, NothingHere(msg.sender));
        require(!isInUse, AlreadyInUse());
        uint256 at = block.number + NOTICE_BLOCKS;
        leavesAt[msg.sender] = at;
        emit LeavingStarted(msg.sender, at);
    }

    /// @inheritdoc IBondPool
    function leave() external nonReentrant {
        require(!isInUse, AlreadyInUse());
        uint256 at = leavesAt[msg.sender];
        // Once others made the assertion nobody can make it here, so nothing is held up by who leaves.
        bool isPointless = ASSERTION_CHAIN.assertions(assertionId()).status != IAssertionChain.Status.None;
        require(isPointless || (at != 0 && block.number >= at), NoticeRuns(at));
        uint256 amount = take(msg.sender);
        total -= amount;
        pay(msg.sender, amount);
        emit Left(msg.sender, amount);
    }

    /// @inheritdoc IBondPool
    function createAssertion(
        bytes32 parent,
        bytes32 historyRoot,
        bytes calldata finalState,
        bytes32[] calldata rightPath
    ) external payable nonReentrant {
        if (msg.value > 0) add(msg.sender, msg.value);
        require(!isInUse, AlreadyInUse());
        require(total == BOND, NotFull(BOND - total));
        isInUse = true;
        bytes32 id = assertionId();
        ASSERTION_CHAIN.createAssertion{value: BOND}(parent, historyRoot, finalState, rightPath, new bytes32[](0), id);
        emit AssertedByPool(id);
    }

    /// @inheritdoc IBondPool
    function takeBack() external nonReentrant {
        ASSERTION_CHAIN.unstake();
        isReturned = true;
        ASSERTION_CHAIN.withdraw();
        emit BondReturned(BOND);
    }

    /// @inheritdoc IBondPool
    function claim() external nonReentrant {
        require(isReturned, NotReturned());
        uint256 amount = take(msg.sender);
        pay(msg.sender, amount);
        emit Left(msg.sender, amount);
    }

    /// @inheritdoc IBondPool
    function missing() external view returns (uint256) {
        return BOND - total;
    }

    /// @inheritdoc IBondPool
    function assertionId() public view returns (bytes32) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (bytes32));
    }

    function add(address contributor, uint256 amount) private {
        require(!isInUse, AlreadyInUse());
        require(amount > 0, NothingHere(contributor));
        require(amount <= BOND - total, PoolFull(BOND - total));
        total += amount;
        contributions[contributor] += amount;
        leavesAt[contributor] = 0;
        emit Joined(contributor, amount);
    }

    function take(address contributor) private returns (uint256 amount) {
        amount = contributions[contributor];
        require(amount > 0, NothingHere(contributor));
        contributions[contributor] = 0;
        leavesAt[contributor] = 0;
    }

    function pay(address to, uint256 amount) private {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, PaymentFailed(to, amount));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "../math/Bytes.sol";
import {Result} from "../Result.sol";

/// @notice Where the machine reads: the batch, how many L1 messages it has consumed, and the next byte of the batch. `item` is how many items of the
/// basket there are done; 0 of everything else.
struct Cursor {
    uint256 batch;
    uint256 l1Index;
    uint256 offset;
    uint256 item;
}

/// @notice An order that is being matched; kind NONE when nothing is pending.
struct Registers {
    uint256 kind;
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 timeInForce;
    uint256 flags;
    /// Limit in ticks.
    uint256 price;
    /// Lots still to match.
    uint256 remaining;
    uint256 order;
    uint256 expiresAt;
    uint256 epoch;
    uint256 label;
    /// PROBE: place of the next maker to look at, lots that the makers so far would give, and what the taker's cash would gain by them.
    uint256 probe;
    uint256 probed;
    int256 cash;
}

/// @notice Everything that the commitment holds, besides the cells themselves.
struct Machine {
    Cursor cursor;
    uint256 clock;
    Registers registers;
}

/// @notice What the inbox offers to one step (docs/spec/machine.md).
enum InputKind {
    Pending,
    Halted,
    L1Message,
    Record,
    Junk,
    NextBatch
}

struct Input {
    InputKind kind;
    /// The cursor after this input.
    Cursor cursor;
    /// The clock after this input.
    uint256 clock;
    /// Record: its payload; L1 message: its payload.
    bytes payload;
    /// L1 message: DEPOSIT or FORCED.
    uint256 l1Kind;
    /// L1 message: its sender; otherwise the zero address.
    address sender;
}

/// @notice What one step did. Not committed: both twins return it, and they are compared.
struct Outcome {
    Result result;
    /// Kind byte of the message, 0 when there was none.
    uint256 kind;
    uint256 account;
    uint256 series;
    uint256 side;
    uint256 order;
    uint256 maker;
    uint256 makerOrder;
    uint256 price;
    uint256 size;
    uint256 remaining;
    int256 amount;
}

library Machines {
    uint256 internal constant NONE = 0;
    /// Trades with one maker a step.
    uint256 internal constant MATCH = 1;
    /// Looks whether a fill-or-kill order can be filled, one maker a step, before it trades with any.
    uint256 internal constant PROBE = 2;

    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant FORCED = 2;

    bytes32 private constant TAG = keccak256("strikeproof.machine.v1");
    uint256 private constant REGISTERS_AT = 122;
    /// Bytes of the preimage of a commitment.
    uint256 internal constant LENGTH = 250;

    error NotAMachine();

    function noRegisters() internal pure returns (Registers memory registers) {}

    function outcome(Result result, uint256 kind) internal pure returns (Outcome memory out) {
        out.result = result;
        out.kind = kind;
    }

    /// @notice TAG 32 | stateRoot 32 | outboxRoot 32 | batch u64 | l1Index u64 | offset u32 | clock u40 | item u8 | registers 128
    function encode(Machine memory machine, bytes32 stateRoot, bytes32 outboxRoot) internal pure returns (bytes memory data) {
        Registers memory registers = machine.registers;
        Cursor memory cursor = machine.cursor;
        data = new bytes(LENGTH);
        Bytes.put(data, 0, uint256(TAG));
        Bytes.put(data, 32, uint256(stateRoot));
        Bytes.put(data, 64, uint256(outboxRoot));
        uint256 where = (cursor.batch << 192) | (cursor.l1Index << 128) | (cursor.offset << 96);
        Bytes.put(data, 96, where | (machine.clock << 56) | (cursor.item << 48));
        if (registers.kind == NONE) return data;
        uint256 word = (registers.kind << 248) | (registers.account << 224) | (registers.series << 160) | (registers.side << 152);
        word |= (registers.timeInForce << 144) | (registers.flags << 136) | (registers.price << 104) | (registers.remaining << 64);
        Bytes.put(data, REGISTERS_AT, word | registers.order);
        word = (registers.expiresAt << 216) | (registers.epoch << 184) | (registers.label << 168) | (registers.probe << 160);
        Bytes.put(data, REGISTERS_AT + 32, word | (registers.probed << 120) | (Bytes.low(registers.cash) << 56));
    }

    /// @notice The machine in a preimage, without its roots.
    function decode(bytes memory data) internal pure returns (Machine memory machine) {
        require(data.length == LENGTH, NotAMachine());
        machine.cursor = Cursor(Bytes.uint_(data, 96, 8), Bytes.uint_(data, 104, 8), Bytes.uint_(data, 112, 4), Bytes.uint_(data, 121, 1));
        machine.clock = Bytes.uint_(data, 116, 5);
        Registers memory registers = machine.registers;
        uint256 at = REGISTERS_AT;
        registers.kind = Bytes.uint_(data, at, 1);
        registers.account = Bytes.uint_(data, at + 1, 3);
        registers.series = Bytes.uint_(data, at + 4, 8);
        registers.side = Bytes.uint_(data, at + 12, 1);
        registers.timeInForce = Bytes.uint_(data, at + 13, 1);
        registers.flags = Bytes.uint_(data, at + 14, 1);
        registers.price = Bytes.uint_(data, at + 15, 4);
        registers.remaining = Bytes.uint_(data, at + 19, 5);
        registers.order = Bytes.uint_(data, at + 24, 8);
        registers.expiresAt = Bytes.uint_(data, at + 32, 5);
        registers.epoch = Bytes.uint_(data, at + 37, 4);
        registers.label = Bytes.uint_(data, at + 41, 2);
        registers.probe = Bytes.uint_(data, at + 43, 1);
        registers.probed = Bytes.uint_(data, at + 44, 5);
        registers.cash = Bytes.int_(data, at + 49, 8);
    }

    function stateRootOf(bytes memory data) internal pure returns (bytes32) {
        return bytes32(Bytes.uint_(data, 32, 32));
    }

    function outboxRootOf(bytes memory data) internal pure returns (bytes32) {
        return bytes32(Bytes.uint_(data, 64, 32));
    }

    /// @notice The machine's commitment.
    function commitment(Machine memory machine, bytes32 stateRoot, bytes32 outboxRoot) internal pure returns (bytes32) {
        return keccak256(encode(machine, stateRoot, outboxRoot));
    }
}

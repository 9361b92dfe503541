"""Signs every message of vectors.json with eth-account and compares digest, signature and the bytes that are sent.

    pip install eth-account && python docs/api/verify_vectors.py

Ends with a line of counts, and status 0 only if all agree.
"""

import json
import pathlib
import sys

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

# How each message's fields become the bytes of public/submit: kind, then name and width of each field (docs/spec/machine.md).
LAYOUTS = {
    "Place": (1, "account:3 series:8 side:1 timeInForce:1 flags:1 price:4 size:5 expiresAt:5 nonce:8 label:2"),
    "Cancel": (2, "account:3 series:8 side:1 order:8"),
    "CancelAll": (3, "account:3 underlying:1 nonce:8"),
    "Withdraw": (4, "account:3 recipient:20 amount:8 nonce:8"),
    "Replace": (8, "account:3 series:8 side:1 order:8 price:4 size:5 nonce:8"),
    "CancelSeries": (9, "account:3 series:8 sides:1 label:2 nonce:8"),
    "Transfer": (10, "account:3 recipient:3 amount:8 nonce:8"),
    "SetSession": (11, "account:3 key:20 scopes:1 expiresAt:5 nonce:8"),
    "SetProtection": (12, "account:3 underlying:1 window:4 freeze:4 quantityLimit:5 deltaLimit:8 vegaLimit:8 nonce:8"),
    "Heartbeat": (13, "account:3 duration:4 nonce:8"),
    "Bid": (16, "account:3 debtor:3 share:4 limit:8 nonce:8"),
    "SetReferrer": (19, "account:3 referrer:3 nonce:8"),
    "Block": (20, "maker:3 taker:3 makerNonce:8 takerNonce:8 expiresAt:5"),
    "Basket": (21, "account:3 nonce:8"),
}
ITEM = "kind:1 series:8 side:1 timeInForce:1 flags:1 price:4 size:5 expiresAt:5 label:2 order:8"
LEG_LENGTH = 18


def fields(layout: str, message: dict) -> bytes:
    parts = []
    for field in layout.split():
        name, width = field.split(":")
        value = message[name]
        parts.append(bytes.fromhex(value[2:]) if isinstance(value, str) else value.to_bytes(int(width), "big", signed=value < 0))
    return b"".join(parts)


def payload_of(kind: str, message: dict, signature: bytes, legs: bytes) -> bytes:
    number, layout = LAYOUTS[kind]
    parts = [bytes([number]), fields(layout, message)]
    if kind == "Block":
        # Both sides sign the same; here one key is both.
        parts += [bytes([len(legs) // LEG_LENGTH]), legs, signature]
    if kind == "Basket":
        parts += [bytes([len(message["items"])]), *(fields(ITEM, item) for item in message["items"])]
    return b"".join(parts) + signature


def main() -> int:
    vectors = json.loads((pathlib.Path(__file__).parent / "vectors.json").read_text())
    key = vectors["privateKey"]
    wrong = 0
    cases = [(vectors["domain"], case) for case in vectors["messages"]] + [(vectors["receipt"]["domain"], vectors["receipt"])]
    for domain, case in cases:
        signable = encode_typed_data(domain, case["types"], case["message"])
        digest = keccak(b"\x19\x01" + signable.header + signable.body)
        signature = bytes(Account.sign_message(signable, key).signature)
        agree = "0x" + digest.hex() == case["digest"] and "0x" + signature.hex() == case["signature"]
        legs = bytes.fromhex(case.get("legBytes", "0x")[2:])
        if agree and legs:
            agree = "0x" + keccak(legs).hex() == case["message"]["legs"]
        if agree and "payload" in case:
            agree = "0x" + payload_of(case["primaryType"], case["message"], signature, legs).hex() == case["payload"]
        if not agree:
            wrong += 1
            print(f"{case['primaryType']} differs: digest 0x{digest.hex()}, signature 0x{signature.hex()}")
    print(f"{len(cases) - wrong} of {len(cases)} agree")
    return 1 if wrong else 0


sys.exit(main())

//! Signs every message of vectors.json with k256 and sha3 alone, and compares digest, signature and the bytes that are sent.
//!
//!     cargo run --manifest-path docs/api/rust/Cargo.toml -- docs/api/vectors.json
//!
//! Ends with a line of counts, and status 0 only if all agree.

use k256::ecdsa::SigningKey;
use serde_json::{json, Map, Value};
use sha3::{Digest, Keccak256};
use std::{env, error::Error, fs, process::ExitCode};

/// How each message's fields become the bytes of public/submit: kind, then name and width of each field (docs/spec/machine.md).
fn layout_of(kind: &str) -> Option<(u8, &'static str)> {
    Some(match kind {
        "Place" => (1, "account:3 series:8 side:1 timeInForce:1 flags:1 price:4 size:5 expiresAt:5 nonce:8 label:2"),
        "Cancel" => (2, "account:3 series:8 side:1 order:8"),
        "CancelAll" => (3, "account:3 underlying:1 nonce:8"),
        "Withdraw" => (4, "account:3 recipient:20 amount:8 nonce:8"),
        "Replace" => (8, "account:3 series:8 side:1 order:8 price:4 size:5 nonce:8"),
        "CancelSeries" => (9, "account:3 series:8 sides:1 label:2 nonce:8"),
        "Transfer" => (10, "account:3 recipient:3 amount:8 nonce:8"),
        "SetSession" => (11, "account:3 key:20 scopes:1 expiresAt:5 nonce:8"),
        "SetProtection" => (12, "account:3 underlying:1 window:4 freeze:4 quantityLimit:5 deltaLimit:8 vegaLimit:8 nonce:8"),
        "Heartbeat" => (13, "account:3 duration:4 nonce:8"),
        "Bid" => (16, "account:3 debtor:3 share:4 limit:8 nonce:8"),
        "SetReferrer" => (19, "account:3 referrer:3 nonce:8"),
        "Block" => (20, "maker:3 taker:3 makerNonce:8 takerNonce:8 expiresAt:5"),
        "Basket" => (21, "account:3 nonce:8"),
        _ => return None,
    })
}

const ITEM: &str = "kind:1 series:8 side:1 timeInForce:1 flags:1 price:4 size:5 expiresAt:5 label:2 order:8";
const LEG_LENGTH: usize = 18;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn text<'a>(value: &'a Value, name: &str) -> Outcome<&'a str> {
    value[name].as_str().ok_or_else(|| format!("{name} is missing").into())
}

fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn bytes_of(text: &str) -> Outcome<Vec<u8>> {
    Ok(hex::decode(text.trim_start_matches("0x"))?)
}

/// Fields as big-endian bytes of their widths; what is negative as its two's complement.
fn fields(layout: &str, message: &Value) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    for field in layout.split(' ') {
        let (name, width) = field.split_once(':').ok_or("a field has no width")?;
        if let Some(given) = message[name].as_str() {
            bytes.extend(bytes_of(given)?);
        } else {
            let value = message[name].as_i64().ok_or_else(|| format!("{name} is missing"))?;
            bytes.extend(&value.to_be_bytes()[8 - width.parse::<usize>()?..]);
        }
    }
    Ok(bytes)
}

fn payload_of(kind: &str, message: &Value, signature: &[u8], legs: &[u8]) -> Outcome<Vec<u8>> {
    let (number, layout) = layout_of(kind).ok_or("there is no such message")?;
    let mut bytes = vec![number];
    bytes.extend(fields(layout, message)?);
    if kind == "Block" {
        // Both sides sign the same; here one key is both.
        bytes.push((legs.len() / LEG_LENGTH) as u8);
        bytes.extend(legs);
        bytes.extend(signature);
    }
    if let Some(items) = message["items"].as_array() {
        bytes.push(items.len() as u8);
        for item in items {
            bytes.extend(fields(ITEM, item)?);
        }
    }
    bytes.extend(signature);
    Ok(bytes)
}

fn keccak(bytes: &[u8]) -> Vec<u8> {
    Keccak256::digest(bytes).to_vec()
}

/// EIP-712: `Name(type field,…)`, and behind it the structures that it names, in order of their names.
fn type_text(types: &Map<String, Value>, kind: &str) -> Outcome<String> {
    let one = |name: &str| -> Outcome<String> {
        let mut parts = Vec::new();
        for field in types[name].as_array().ok_or("a type is no list")? {
            parts.push(format!("{} {}", text(field, "type")?, text(field, "name")?));
        }
        Ok(format!("{name}({})", parts.join(",")))
    };
    // No structure here names one that names another.
    let mut named: Vec<&str> = Vec::new();
    for field in types[kind].as_array().ok_or("a type is no list")? {
        let name = text(field, "type")?.trim_end_matches("[]");
        if types.contains_key(name) && !named.contains(&name) {
            named.push(name);
        }
    }
    named.sort();
    let mut whole = one(kind)?;
    for name in named {
        whole += &one(name)?;
    }
    Ok(whole)
}

/// The 32 bytes that stand for a value in its structure.
fn word(types: &Map<String, Value>, kind: &str, value: &Value) -> Outcome<Vec<u8>> {
    if let Some(element) = kind.strip_suffix("[]") {
        let mut words = Vec::new();
        for one in value.as_array().ok_or("a list is missing")? {
            words.extend(word(types, element, one)?);
        }
        return Ok(keccak(&words));
    }
    if types.contains_key(kind) {
        return struct_hash(types, kind, value);
    }
    let given = match (kind, value.as_str()) {
        ("string", Some(given)) => return Ok(keccak(given.as_bytes())),
        (_, Some(given)) => bytes_of(given)?,
        _ => value.as_i64().ok_or("a number is missing")?.to_be_bytes().to_vec(),
    };
    // What is negative goes on to the left with ones.
    let fill = if kind.starts_with("int") && given[0] >= 128 { 255 } else { 0 };
    let mut bytes = vec![fill; 32 - given.len()];
    bytes.extend(given);
    Ok(bytes)
}

fn struct_hash(types: &Map<String, Value>, kind: &str, value: &Value) -> Outcome<Vec<u8>> {
    let mut bytes = keccak(type_text(types, kind)?.as_bytes());
    for field in types[kind].as_array().ok_or("a type is no list")? {
        bytes.extend(word(types, text(field, "type")?, &value[text(field, "name")?])?);
    }
    Ok(keccak(&bytes))
}

fn digest_of(types: &Map<String, Value>, kind: &str, domain: &Value, message: &Value) -> Outcome<Vec<u8>> {
    let fields = json!({ "EIP712Domain": [
        { "name": "name", "type": "string" },
        { "name": "version", "type": "string" },
        { "name": "chainId", "type": "uint256" },
        { "name": "verifyingContract", "type": "address" }
    ] });
    let separator = struct_hash(fields.as_object().ok_or("no object")?, "EIP712Domain", domain)?;
    Ok(keccak(&[&[0x19, 0x01], separator.as_slice(), struct_hash(types, kind, message)?.as_slice()].concat()))
}

/// Why a vector is not what comes out here, or nothing.
fn difference(domain: &Value, case: &Value, key: &SigningKey) -> Outcome<Option<String>> {
    let kind = text(case, "primaryType")?;
    let types = case["types"].as_object().ok_or("types are missing")?;
    let digest = digest_of(types, kind, domain, &case["message"])?;
    if prefixed(&digest) != text(case, "digest")? {
        return Ok(Some(format!("digest {}", prefixed(&digest))));
    }
    let (signed, recovery) = key.sign_prehash_recoverable(&digest)?;
    let mut signature = signed.to_bytes().to_vec();
    signature.push(27 + recovery.to_byte());
    if prefixed(&signature) != text(case, "signature")? {
        return Ok(Some(format!("signature {}", prefixed(&signature))));
    }
    let legs = bytes_of(case["legBytes"].as_str().unwrap_or("0x"))?;
    if !legs.is_empty() && prefixed(&keccak(&legs)) != text(&case["message"], "legs")? {
        return Ok(Some("hash of the legs".into()));
    }
    if let Some(payload) = case["payload"].as_str() {
        let made = prefixed(&payload_of(kind, &case["message"], &signature, &legs)?);
        if made != payload {
            return Ok(Some(format!("bytes {made}")));
        }
    }
    Ok(None)
}

fn run(file: &str) -> Outcome<bool> {
    let vectors: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let key = SigningKey::from_slice(&bytes_of(text(&vectors, "privateKey")?)?)?;
    let messages = vectors["messages"].as_array().ok_or("messages are missing")?;
    let mut cases: Vec<(&Value, &Value)> = messages.iter().map(|case| (&vectors["domain"], case)).collect();
    cases.push((&vectors["receipt"]["domain"], &vectors["receipt"]));
    let mut wrong = 0;
    for (domain, case) in &cases {
        if let Some(what) = difference(domain, case, &key)? {
            wrong += 1;
            println!("{} differs: {what}", case["primaryType"]);
        }
    }
    println!("{} of {} agree", cases.len() - wrong, cases.len());
    Ok(wrong == 0)
}

fn main() -> ExitCode {
    let file = env::args().nth(1).unwrap_or_else(|| "docs/api/vectors.json".into());
    match run(&file) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

"""Opens every vector of packages/crypto/vectors with the reader; no changed one, and none with the key
of another field.

Prints one line of JSON: how many of each file were read. Ends with 1 when one does not fit.
"""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from nacl.bindings import crypto_box_seal_open, crypto_scalarmult_base
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xchacha_open
from nacl.exceptions import CryptoError
from sealstream_reader import (
    blake2b,
    derive,
    lp,
    open_fernet,
    open_jwe,
    open_record,
    open_token,
)

REFUSED = (ValueError, InvalidTag, InvalidToken, CryptoError, KeyError, IndexError)
unhex = bytes.fromhex


def load(folder, name):
    return json.loads((folder / name).read_text())


def equal(got, wanted, what):
    if got != wanted:
        raise SystemExit(f"{what}: another result than the vector says")


def refused(work, what):
    try:
        work()
    except REFUSED:
        return
    raise SystemExit(f"{what}: a changed one opened")


def changed(token):
    at = len(token) - 12
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


def opener(case, key_path=None):
    method = {"form": "token", "algorithm": "xchacha20-poly1305", **case.get("method", {})}
    form, algorithm = method["form"], method["algorithm"]
    names = (case["dataset"], case["path"])
    formats = {"token": "field-token", "jwe": "jwe", "fernet": "fernet"}
    key_names = (case["dataset"], key_path or case["path"])
    key = derive(unhex(case["stored"]), "field", algorithm, formats[form], *key_names)
    nonce_key = derive(unhex(case["stored"]), "field", algorithm, "synthetic-nonce", *names)
    parts = {"subject": b"\1" + unhex(case.get("subject", "")), "record-id": b"\2" + unhex(case.get("source", ""))}
    bound = [parts[what] for what in case.get("bind", ())]
    if form == "jwe":
        return lambda token: open_jwe(token, key)
    if form == "fernet":
        return lambda token: open_fernet(token, key)
    siv = nonce_key if algorithm.endswith("-siv") else None
    return lambda token: open_token(token, key, *names, algorithm, bound, siv)


def fields(cases, name):
    for case in cases:
        opened = opener(case)
        equal(opened(case["token"]), (case["type"], unhex(case["plain"])), name)
        refused(lambda: opened(changed(case["token"])), name)
        refused(lambda: opener(case, "/another")(case["token"]), name)
    return len(cases)


def records(folder):
    cases = load(folder, "sealed-records.json")
    for case in cases["shared"]:
        key = derive(unhex(case["stored"]), case["purpose"], "xchacha20-poly1305", "sealed-record", case["dataset"])
        rest = (case["dataset"], case["stage"], unhex(case["source"]))
        kafka_key = None if case["key"] is None else unhex(case["key"])
        sealed = unhex(case["sealed"])
        plain = open_record(sealed, key, *rest, kafka_key, unhex(case["headers"]))
        equal(plain, unhex(case["plain"]), "sealed-records.json")
        refused(lambda: open_record(sealed, key, *rest, b"other", unhex(case["headers"])), "sealed-records.json")
    for case in cases["toPublic"]:
        sealed, secret = unhex(case["sealed"]), unhex(case["privateKey"])
        public = crypto_scalarmult_base(secret)
        equal(public, unhex(case["publicKey"]), "sealed-records.json")
        fresh = crypto_box_seal_open(sealed[13:93], public, secret)
        key = derive(fresh, case["purpose"], "xchacha20-poly1305", "sealed-to-public", case["dataset"])
        kafka_key = b"\0" if case["key"] is None else b"\1" + unhex(case["key"])
        names = (b"sealed-to-public/v1", case["stage"].encode(), case["dataset"].encode(), sealed[1:13])
        associated = lp(*names, unhex(case["source"]), kafka_key, unhex(case["headers"]))
        plain = xchacha_open(sealed[117:], associated, sealed[93:117], key)
        equal(plain, unhex(case["plain"]), "sealed-records.json")
    return len(cases["shared"]) + len(cases["toPublic"])


def hashes(folder):
    cases = load(folder, "keyed-hashes.json")["cases"]
    for case in cases:
        names = (case["purpose"], "blake2b-128", "keyed-hash", case["dataset"], case["path"])
        digest = blake2b(derive(unhex(case["stored"]), *names), unhex(case["value"]), 16)
        equal(digest.hex(), case["digest"], "keyed-hashes.json")
    return len(cases)


def derivations(folder):
    cases = load(folder, "derivation.json")["cases"]
    for case in cases:
        use = case["use"]
        names = (use["purpose"], use["algorithm"], use["format"], use["dataset"], use["path"])
        equal(derive(unhex(case["stored"]), *names).hex(), case["derived"], "derivation.json")
    return len(cases)


def paddings(folder):
    cases = load(folder, "padding.json")["cases"]
    for size, padded in cases:
        e = size.bit_length() - 1
        mask = (1 << (e - e.bit_length())) - 1 if size > 64 else 0
        wanted = next((step for step in (16, 32, 64) if size <= step), (size + mask) & ~mask)
        equal(wanted, padded, "padding.json")
    return len(cases)


def standards(folder):
    cases = load(folder, "xchacha20-poly1305.json")["cases"]
    for case in cases:
        parts = (unhex(case[part]) for part in ("sealed", "associated", "nonce", "key"))
        equal(xchacha_open(*parts), unhex(case["plain"]), "xchacha20-poly1305.json")
    keyed = load(folder, "standards.json")["blake2bKeyed"]
    for case in keyed:
        digest = hashlib.blake2b(unhex(case["message"]), key=unhex(case["key"])).hexdigest()
        equal(digest, case["digest"], "standards.json")
    return len(cases) + len(keyed)


def main():
    folder = Path(sys.argv[1])
    forms = load(folder, "sealed-forms.json")
    tokens = load(folder, "field-tokens.json")["cases"]
    print(
        json.dumps(
            {
                "field-tokens": fields(tokens, "field-tokens.json"),
                "sealed-forms": fields(forms["forms"] + forms["bound"], "sealed-forms.json"),
                "sealed-records": records(folder),
                "keyed-hashes": hashes(folder),
                "derivation": derivations(folder),
                "padding": paddings(folder),
                "standards": standards(folder),
            }
        )
    )


main()

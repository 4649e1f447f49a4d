"""Opens fields and records that Sealstream sealed. Written from docs/wire-format.md alone.

Needs the packages cryptography and PyNaCl. Keys are the 32 bytes of a derived key; `derive` makes one
from a stored key, which only tests and key holders have.
"""

import base64
import hashlib
import struct

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xchacha_open

TYPES = {1: "string", 2: "number", 3: "boolean", 4: "null", 5: "json", 6: "csv-quoted"}
JWE_HEADER = '{"alg":"dir","enc":"A256GCM","kid":"%s"}'


def lp(*parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def blake2b(key, message, size):
    return hashlib.blake2b(message, key=key, digest_size=size).digest()


def derive(stored, purpose, algorithm, form, dataset, path=""):
    parts = ("sealstream/v1", purpose, algorithm, form, dataset, path)
    return blake2b(stored, lp(*(part.encode() for part in parts)), 32)


def b64(text):
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise ValueError("not canonical base64url")
    return raw


def unblock(block):
    value = block.rstrip(b"\0")
    if len(value) < 2 or value[-1] != 0x80 or value[0] not in TYPES:
        raise ValueError("not a block")
    return TYPES[value[0]], value[1:-1]


def open_token(token, key, dataset, path, algorithm="xchacha20-poly1305", bound=(), nonce_key=None):
    """Text form, or binary when `token` is bytes. `bound`: 0x01 ‖ subject, 0x02 ‖ coordinate."""
    if isinstance(token, bytes):
        if token[:3] != b"ss\x01":
            raise ValueError("not a token")
        key_id, body = base64.urlsafe_b64encode(token[3:12]), token[12:]
    else:
        version, key_id, body = token.split(":")
        if version != "ss1" or len(key_id) != 12:
            raise ValueError("not a token")
        key_id, body = key_id.encode(), b64(body)
    associated = lp(b"ss1", dataset.encode(), path.encode(), key_id, *bound)
    if algorithm == "aes-256-gcm":
        return unblock(AESGCM(key).decrypt(body[:12], body[12:], associated))
    block = xchacha_open(body[24:], associated, body[:24], key)
    if nonce_key and blake2b(nonce_key, lp(associated) + block, 24) != body[:24]:
        raise ValueError("not the nonce of its content")
    return unblock(block)


def open_jwe(token, key):
    header, empty, iv, ciphertext, tag = token.split(".")
    key_id = b64(header)[36:48].decode()
    if empty or b64(header) != (JWE_HEADER % key_id).encode():
        raise ValueError("not a JWE of Sealstream")
    return unblock(AESGCM(key).decrypt(b64(iv), b64(ciphertext) + b64(tag), header.encode()))


def open_fernet(token, key):
    prefix, _key_id, text = token.split(":")
    if prefix != "ssf":
        raise ValueError("not a Fernet token of Sealstream")
    return unblock(Fernet(base64.urlsafe_b64encode(key)).decrypt(text.encode()))


def open_record(sealed, key, dataset, stage, source, kafka_key, headers):
    key_id, nonce, body = sealed[1:13], sealed[13:37], sealed[37:]
    key_part = b"\0" if kafka_key is None else b"\1" + kafka_key
    names = (b"sealed-record/v1", stage.encode(), dataset.encode(), key_id)
    if sealed[0] != 1:
        raise ValueError("not a record under a shared key")
    return xchacha_open(body, lp(*names, source, key_part, headers), nonce, key)

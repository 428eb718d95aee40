"""Hashes, key derivation, sealing, agreement and signatures.

HKDF is written out over HMAC (RFC 5869) and checked against the RFC's values;
the rest is `cryptography` and PyNaCl. PyNaCl verifies signatures because
libsodium refuses small-order keys and malleable encodings, as the page asks.
"""

import hashlib
import hmac as _hmac
import struct

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl import bindings
from nacl.exceptions import CryptoError


class Refused(Exception):
    """Bytes that do not open, whatever the reason: all reasons look alike."""


def require(condition: bool, reason: str) -> None:
    """Refuses unless `condition` holds; `reason` is for whoever reads a trace."""
    if not condition:
        raise Refused(reason)


def u8(value: int) -> bytes:
    """One byte."""
    return struct.pack("<B", value)


def u16(value: int) -> bytes:
    """Two bytes, little-endian."""
    return struct.pack("<H", value)


def u32(value: int) -> bytes:
    """Four bytes, little-endian."""
    return struct.pack("<I", value)


def read_uint(data: bytes) -> int:
    """The little-endian number that `data` holds."""
    return int.from_bytes(data, "little")


def text_of(raw: bytes) -> str:
    """The text whose UTF-8 `raw` is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None


def sha256(data: bytes) -> bytes:
    """`H` of the page."""
    return hashlib.sha256(data).digest()


def hmac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256."""
    return _hmac.digest(key, data, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Equality that takes the same time wherever they differ."""
    return _hmac.compare_digest(one, other)


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract; an empty salt is the RFC's default of zeros."""
    return hmac(salt or bytes(32), ikm)


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """`EXP` of the page: HKDF-Expand."""
    blocks, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac(prk, block + info + bytes([number]))
        blocks += block
    return blocks[:length]


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """`HKDF(salt, ikm, info, L)` of the page; its salt `0` is `b""` here."""
    return expand(extract(salt, ikm), info, length)


def aead_seal(key: bytes, plain: bytes, aad: bytes, nonce: bytes = bytes(12)) -> bytes:
    """`SEAL`: ChaCha20-Poly1305 with a key used once; only HPKE gives a nonce."""
    return ChaCha20Poly1305(key).encrypt(nonce, plain, aad)


def aead_open(key: bytes, sealed: bytes, aad: bytes, nonce: bytes = bytes(12)) -> bytes:
    """Opens what `aead_seal` made."""
    require(len(sealed) >= 16, "shorter than a tag")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Refused("does not open") from None


def xaead_seal(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    """`XSEAL`: nonce 24, then XChaCha20-Poly1305."""
    encrypt = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt
    return nonce + encrypt(plain, aad, nonce, key)


def xaead_open(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Opens what `xaead_seal` made."""
    require(len(sealed) >= 40, "shorter than a nonce and a tag")
    decrypt = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt
    try:
        return decrypt(sealed[24:], aad, sealed[:24], key)
    except CryptoError:
        raise Refused("does not open") from None


def x25519_public(private: bytes) -> bytes:
    """The public key of an X25519 private key."""
    key = X25519PrivateKey.from_private_bytes(private)
    return key.public_key().public_bytes_raw()


def x25519(private: bytes, public: bytes) -> bytes:
    """`X` of the page; refuses a public key that contributes nothing."""
    require(len(public) == 32, "not an X25519 key")
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        return key.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        # The all-zero result of a low-order point.
        raise Refused("the key contributes nothing") from None


def contributes(public: bytes) -> bytes:
    """Gives back an X25519 key; refuses one that makes one secret with all keys."""
    x25519(b"\x01" * 32, public)
    return public


def ed25519_public(seed: bytes) -> bytes:
    """The public key of an Ed25519 seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """An Ed25519 signature, 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Refuses a signature that is not strictly valid."""
    require(len(public) == 32 and len(signature) == 64, "not a signature")
    try:
        bindings.crypto_sign_open(signature + message, public)
    except CryptoError:
        raise Refused("the signature does not fit") from None


def argon2id(secret: bytes, salt: bytes) -> bytes:
    """Argon2id with 256 MiB, three passes and four lanes, 32 bytes."""
    return hash_secret_raw(secret, salt, 3, 256 * 1024, 4, 32, Type.ID)

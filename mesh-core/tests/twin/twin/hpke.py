"""HPKE, mode Base, one message, for X25519, HKDF-SHA256 and ChaCha20-Poly1305.

RFC 9180. The ephemeral key is DeriveKeyPair of the randomness given, so that
whoever knows the randomness can make the same bytes again.
"""

from twin.primitives import (
    aead_open,
    aead_seal,
    expand,
    extract,
    require,
    x25519,
    x25519_public,
)

_KEM_SUITE = b"KEM" + (0x0020).to_bytes(2)
_SUITE = b"HPKE" + b"".join(number.to_bytes(2) for number in (0x0020, 1, 3))


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + suite + label + ikm)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(prk, length.to_bytes(2) + b"HPKE-v1" + suite + label + info, length)


def derive_private(randomness: bytes) -> bytes:
    """DeriveKeyPair of section 7.1.3."""
    prk = _extract(_KEM_SUITE, b"", b"dkp_prk", randomness)
    return _expand(_KEM_SUITE, prk, b"sk", b"", 32)


def shared_secret(dh: bytes, enc: bytes, public: bytes) -> bytes:
    """ExtractAndExpand of section 4.1."""
    prk = _extract(_KEM_SUITE, b"", b"eae_prk", dh)
    return _expand(_KEM_SUITE, prk, b"shared_secret", enc + public, 32)


def key_and_nonce(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """The key schedule of section 5.1 without a pre-shared key."""
    context = b"\0" + _extract(_SUITE, b"", b"psk_id_hash", b"")
    context += _extract(_SUITE, b"", b"info_hash", info)
    prk = _extract(_SUITE, secret, b"secret", b"")
    key = _expand(_SUITE, prk, b"key", context, 32)
    return key, _expand(_SUITE, prk, b"base_nonce", context, 12)


def seal(public: bytes, plain: bytes, info: bytes, randomness: bytes) -> bytes:
    """enc 32, then the sealed message, with empty associated data."""
    private = derive_private(randomness)
    enc = x25519_public(private)
    secret = shared_secret(x25519(private, public), enc, public)
    key, nonce = key_and_nonce(secret, info)
    return enc + aead_seal(key, plain, b"", nonce)


def open_(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Opens what `seal` made for this private key."""
    require(len(sealed) >= 48, "shorter than a key and a tag")
    enc, public = sealed[:32], x25519_public(private)
    secret = shared_secret(x25519(private, enc), enc, public)
    key, nonce = key_and_nonce(secret, info)
    return aead_open(key, sealed[32:], b"", nonce)

"""X-Wing, the hybrid of ML-KEM-768 and X25519 (draft-connolly-cfrg-xwing-kem).

`encapsulate` takes its randomness, which only kyber-py allows; the tests open
its ciphertexts with the ML-KEM of `cryptography` as well.
"""

import hashlib

from kyber_py.ml_kem import ML_KEM_768

from twin.primitives import Refused, contributes, require, x25519, x25519_public

PUBLIC_BYTES = 1_216
CIPHERTEXT_BYTES = 1_120
_KEM_PUBLIC_BYTES = 1_184
_KEM_CIPHERTEXT_BYTES = 1_088
_LABEL = bytes.fromhex("5c2e2f2f5e5c")


def _private_parts(seed: bytes) -> tuple[bytes, bytes, bytes]:
    """Both halves of the private key, and ML-KEM's public one."""
    expanded = hashlib.shake_256(seed).digest(96)
    kem_public, kem_private = ML_KEM_768.key_derive(expanded[:64])
    return kem_public, kem_private, expanded[64:]


def public_key(seed: bytes) -> bytes:
    """The encapsulation key of a seed of 32 bytes."""
    kem_public, _, private = _private_parts(seed)
    return bytes(kem_public) + x25519_public(private)


def check_public(public: bytes) -> None:
    """Refuses what is no key, and more than the draft: an X25519 half of low order."""
    encapsulate(public, bytes(64))


def _combine(kem: bytes, dh: bytes, ciphertext: bytes, public: bytes) -> bytes:
    return hashlib.sha3_256(kem + dh + ciphertext + public + _LABEL).digest()


def encapsulate(public: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    """Shared secret and ciphertext.

    `randomness` is the draft's `eseed`: ML-KEM's message 32, X25519 private key 32.
    """
    require(len(public) == PUBLIC_BYTES, "not an X-Wing key")
    kem_public, dh_public = public[:_KEM_PUBLIC_BYTES], public[_KEM_PUBLIC_BYTES:]
    try:
        kem, ciphertext = ML_KEM_768._encaps_internal(kem_public, randomness[:32])
    except ValueError:
        # A coefficient that is not reduced (FIPS 203, section 7.2).
        raise Refused("not an ML-KEM key") from None
    dh_ciphertext = x25519_public(randomness[32:])
    dh = x25519(randomness[32:], dh_public)
    secret = _combine(bytes(kem), dh, dh_ciphertext, dh_public)
    return secret, bytes(ciphertext) + dh_ciphertext


def decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The shared secret; a wrong ciphertext gives another one, not an error."""
    require(len(ciphertext) == CIPHERTEXT_BYTES, "not an X-Wing ciphertext")
    _, kem_private, private = _private_parts(seed)
    kem = ML_KEM_768.decaps(kem_private, ciphertext[:_KEM_CIPHERTEXT_BYTES])
    dh_ciphertext = contributes(ciphertext[_KEM_CIPHERTEXT_BYTES:])
    dh = x25519(private, dh_ciphertext)
    return _combine(bytes(kem), dh, dh_ciphertext, x25519_public(private))

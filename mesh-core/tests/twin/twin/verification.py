"""Short authentication strings and safety numbers (section 5)."""

import hashlib

from twin import labels
from twin.primitives import expand, extract, require, same, sha256

SAS_BYTES = 5
SYMBOLS = 6
ROUNDS = 5_200


def commitment(initiator_random: bytes) -> bytes:
    """`C`, sent by A with the first message."""
    return sha256(labels.SAS_COMMIT + initiator_random)


def check_commitment(commit: bytes, initiator_random: bytes) -> None:
    """What B does before it shows anything."""
    require(same(commit, commitment(initiator_random)), "another value was promised")


def sas(secret: bytes, initiator_random: bytes, responder_random: bytes) -> bytes:
    """The five bytes that both people compare."""
    prk = extract(b"", secret + initiator_random + responder_random)
    return expand(prk, labels.SAS, SAS_BYTES)


def symbols(string: bytes) -> list[int]:
    """Six numbers below 64: the first 36 bits, most significant first."""
    bits = int.from_bytes(string)
    return [bits >> (8 * len(string) - 6 * (i + 1)) & 63 for i in range(SYMBOLS)]


def confirmation(secret: bytes) -> bytes:
    """What a return QR code holds."""
    return expand(secret, labels.CONFIRM, 32)


def link_commitment(card: bytes, prekey: bytes, random: bytes) -> bytes:
    """What A says first when two people pair over a link without a camera."""
    return sha256(card + prekey + random)


def link_sas(
    one: tuple[bytes, bytes, bytes], other: tuple[bytes, bytes, bytes]
) -> bytes:
    """The five bytes of a pairing over a link: (card, OSPK, random) of A, then of B."""
    return sha256(b"".join(one) + b"".join(other))[:SAS_BYTES]


def _fingerprint(identifier: bytes, key: bytes) -> str:
    digest = hashlib.sha512(bytes(2) + key + identifier + key).digest()
    for _ in range(ROUNDS - 1):
        digest = hashlib.sha512(digest + key).digest()
    groups = (digest[at : at + 5] for at in range(0, 30, 5))
    return "".join(f"{int.from_bytes(group) % 100_000:05}" for group in groups)


def safety_number(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> str:
    """60 digits, the same on both sides: libsignal's, of two (id, key) pairs."""
    return "".join(sorted((_fingerprint(*one), _fingerprint(*other))))

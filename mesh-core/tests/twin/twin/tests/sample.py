"""Fixed values that the tests and the recorded runs are built from."""

import hashlib
from collections.abc import Iterator

from twin.card import Card, Identity, read_card


def value(name: str, length: int = 32) -> bytes:
    """Bytes that follow from a name: no secret, and the same in every run."""
    return hashlib.shake_256(b"twin sample: " + name.encode()).digest(length)


def person(name: str) -> tuple[Identity, Card]:
    """A person with a card of that name."""
    identity = Identity(value(f"{name} seed"))
    return identity, read_card(identity.card(value(f"{name} card secret"), name))


def flips(data: bytes, step: int = 1) -> Iterator[bytes]:
    """Every copy of `data` with one bit changed, or each `step`-th of them."""
    for bit in range(0, 8 * len(data), step):
        copy = bytearray(data)
        copy[bit // 8] ^= 1 << bit % 8
        yield bytes(copy)

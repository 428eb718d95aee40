"""Emoji, return codes, exchanges in radio range, and safety numbers."""

import hashlib

from twin import labels
from twin.card import CARD_BYTES, Card, read_card
from twin.primitives import contributes, expand, hkdf, require, same, sha256
from twin.qr import base45

SAS_BYTES = 5
SYMBOLS = 6
ROUNDS = 5_200
_RETURN_CODE = "SL1R:"
_HELLO_BYTES = CARD_BYTES + 32 + 32
_WORDS = """
    anchor balloon banana bathtub bee bell boot camel camera candle castle cherries
    clover cow crocodile crown cup diamond dice door dress elephant envelope eye fork
    frog gear ghost grapes hammer hand helicopter house key leaf lightning lollipop
    microphone moon mushroom octopus palm penguin piano pineapple radio rainbow ring
    sailboat scales scissors shell snail snake snowman spider star telephone tent
    tractor umbrella violin volcano whale
"""
WORDS = _WORDS.split()


def verify_key(secret: bytes) -> bytes:
    """VK of the session that began with SK."""
    return expand(secret, labels.VERIFY, 32)


def commitment(initiator_random: bytes) -> bytes:
    """`C`, sent by A with the first message."""
    return sha256(labels.SAS_COMMIT + initiator_random)


def check_commitment(commit: bytes, initiator_random: bytes) -> None:
    """What B does before it shows anything."""
    require(same(commit, commitment(initiator_random)), "another value was promised")


def sas(key: bytes, initiator_random: bytes, responder_random: bytes) -> bytes:
    """The five bytes whose first 36 bits both people compare; `key` is VK."""
    ikm = key + initiator_random + responder_random
    return hkdf(b"", ikm, labels.SAS, SAS_BYTES)


def symbols(string: bytes) -> list[int]:
    """Six numbers below 64: the first 36 bits, most significant first."""
    bits = int.from_bytes(string)
    return [bits >> (8 * len(string) - 6 * (i + 1)) & 63 for i in range(SYMBOLS)]


def words(string: bytes) -> list[str]:
    """What is read aloud."""
    return [WORDS[number] for number in symbols(string)]


def return_code(key: bytes) -> str:
    """The text that A shows to B instead of comparing emoji."""
    return _RETURN_CODE + base45(expand(key, labels.CONFIRM, 32))


def hello(card: bytes, prekey: bytes, random: bytes) -> bytes:
    """An answer or an opening of an exchange in radio range; `prekey` is public."""
    return card + prekey + random


def read_hello(raw: bytes, ours: bytes) -> tuple[Card, bytes]:
    """Card and prekey of the other side; its own words are refused."""
    require(len(raw) == _HELLO_BYTES, "not the length")
    card = read_card(raw[:CARD_BYTES])
    require(card.card_id != read_card(ours[:CARD_BYTES]).card_id, "an echo")
    return card, contributes(raw[CARD_BYTES : CARD_BYTES + 32])


def nearby_commitment(opening: bytes) -> bytes:
    """What A says first."""
    return sha256(labels.NEARBY_COMMIT + opening)


def nearby_sas(commit: bytes, answer: bytes, opening: bytes) -> bytes:
    """The five bytes whose first 36 bits both people compare."""
    require(same(commit, nearby_commitment(opening)), "another opening was promised")
    return hkdf(b"", sha256(commit + answer + opening), labels.NEARBY_SAS, SAS_BYTES)


def _fingerprint(identifier: bytes, key: bytes) -> str:
    digest = hashlib.sha512(bytes(2) + key + identifier + key).digest()
    for _ in range(ROUNDS - 1):
        digest = hashlib.sha512(digest + key).digest()
    groups = (digest[at : at + 5] for at in range(0, 30, 5))
    return "".join(f"{int.from_bytes(group) % 100_000:05}" for group in groups)


def safety_number(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> str:
    """60 digits, the same on both sides: libsignal's, of two (id, key) pairs."""
    return "".join(sorted((_fingerprint(*one), _fingerprint(*other))))

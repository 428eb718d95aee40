"""The daily bundle: keys for strangers who hold the card.

`SPK 32 ‖ XEK 1216 ‖ day 4 ‖ sig 64`, padded, in an envelope of 1,920 bytes under
keys that follow from the card secret and the day.
"""

from dataclasses import dataclass

from twin import labels, xwing
from twin.card import Card, Identity
from twin.envelope import CLEAR_BYTES, check, pad, unpad
from twin.envelope import tag as envelope_tag
from twin.primitives import (
    contributes,
    hkdf,
    hmac,
    read_uint,
    require,
    sign,
    u32,
    verify,
    xaead_open,
    xaead_seal,
)

ENVELOPE_BYTES = 1_920
BUNDLE_BYTES = 32 + xwing.PUBLIC_BYTES + 4 + 64
_PADDED_BYTES = ENVELOPE_BYTES - CLEAR_BYTES - 24 - 16


@dataclass(frozen=True)
class Bundle:
    """What a valid bundle says; `raw` is its 1,316 bytes."""

    raw: bytes
    prekey: bytes
    xek: bytes
    day: int


def tag(card_secret: bytes, day: int) -> bytes:
    """The tag of the bundle of that UTC day."""
    return hmac(card_secret, labels.BUNDLE_TAG + u32(day))[:16]


def _key(card_secret: bytes, day: int) -> bytes:
    return hkdf(b"", card_secret, labels.BUNDLE_KEY + u32(day), 32)


def _signed(card_id: bytes, body: bytes) -> bytes:
    return labels.BUNDLE_SIGN + card_id + body


def make(owner: Identity, card: Card, prekey: bytes, xek: bytes, day: int) -> bytes:
    """The 1,316 bytes of a bundle; `prekey` and `xek` are public keys."""
    body = prekey + xek + u32(day)
    return body + sign(owner.sign_seed, _signed(card.card_id, body))


def read(raw: bytes, card: Card) -> Bundle:
    """Reads and verifies a bundle of that card."""
    require(len(raw) == BUNDLE_BYTES, "not a bundle's length")
    body = raw[:-64]
    verify(card.sign_key, raw[-64:], _signed(card.card_id, body))
    xwing.check_public(body[32:-4])
    return Bundle(raw, contributes(body[:32]), body[32:-4], read_uint(body[-4:]))


def may_use(day: int, tag_day: int) -> bool:
    """Whether a knock under a tag of that day may use the bundle of `day`."""
    return tag_day - 1 <= day <= tag_day


def seal(head: bytes, nonce: bytes, card_secret: bytes, day: int, raw: bytes) -> bytes:
    """The envelope; `nonce` is 24 random bytes."""
    clear = head + tag(card_secret, day)
    key = _key(card_secret, day)
    return clear + xaead_seal(key, nonce, pad(raw, _PADDED_BYTES), clear)


def open_(envelope: bytes, card: Card, day: int) -> Bundle:
    """Opens the envelope whose tag is that of `day`."""
    check(envelope)
    require(len(envelope) == ENVELOPE_BYTES, "not a bundle's size")
    require(envelope_tag(envelope) == tag(card.card_secret, day), "another tag")
    clear = envelope[:CLEAR_BYTES]
    key = _key(card.card_secret, day)
    raw = unpad(xaead_open(key, envelope[CLEAR_BYTES:], clear))
    found = read(raw, card)
    require(found.day == day, "the day is not the tag's day")
    return found

"""A person's keys and card, and the card as a link.

Card, 186 bytes: `ver 1 ‖ IKs 32 ‖ IKd 32 ‖ CDS 32 ‖ name_len 1 ‖ name 24 ‖ sig 64`.
"""

import base64
import binascii
import unicodedata
from dataclasses import dataclass

from twin import labels
from twin.primitives import (
    Refused,
    contributes,
    ed25519_public,
    hkdf,
    require,
    sha256,
    sign,
    text_of,
    u8,
    verify,
    x25519_public,
)

CARD_BYTES = 186
NAME_BYTES_MAX = 24
_SIGNED_BYTES = CARD_BYTES - 64
_LINK = "starling:c/"
# Characters that are not seen, first and last of each range, beside controls.
_UNSEEN = """
    00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 2028-202E 2060-206F 2800
    3164 FE00-FE0F FEFF FFA0 FFF0-FFFB 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
"""


@dataclass(frozen=True)
class Identity:
    """The private keys that follow from an identity seed, and their public ones."""

    seed: bytes

    @property
    def sign_seed(self) -> bytes:
        """Private part of IKs."""
        return hkdf(b"", self.seed, labels.ID_SIGN, 32)

    @property
    def dh_private(self) -> bytes:
        """Private part of IKd."""
        return hkdf(b"", self.seed, labels.ID_DH, 32)

    def card(self, card_secret: bytes, name: str) -> bytes:
        """The card with this card secret and name."""
        raw = name.encode()
        if len(raw) > NAME_BYTES_MAX:
            raise ValueError("the name is longer than 24 bytes")
        keys = ed25519_public(self.sign_seed) + x25519_public(self.dh_private)
        head = u8(1) + keys + card_secret
        body = head + u8(len(raw)) + raw.ljust(NAME_BYTES_MAX, b"\0")
        return body + sign(self.sign_seed, labels.CARD + body)


@dataclass(frozen=True)
class Card:
    """What a valid card says."""

    raw: bytes
    sign_key: bytes
    dh_key: bytes
    card_secret: bytes
    name: str

    @property
    def keys(self) -> bytes:
        """`IKs ‖ IKd`."""
        return self.sign_key + self.dh_key

    @property
    def card_id(self) -> bytes:
        """`H(IKs ‖ IKd)`, 32 bytes."""
        return sha256(self.keys)


def read_card(raw: bytes) -> Card:
    """Reads and verifies a card."""
    require(len(raw) == CARD_BYTES, "not a card's length")
    require(raw[0] == 1, "unknown version of a card")
    sign_key, dh_key, card_secret = raw[1:33], raw[33:65], raw[65:97]
    length, name = raw[97], raw[98:_SIGNED_BYTES]
    require(length <= NAME_BYTES_MAX, "the name is too long")
    require(not any(name[length:]), "the name's pad is not zero")
    verify(sign_key, raw[_SIGNED_BYTES:], labels.CARD + raw[:_SIGNED_BYTES])
    contributes(dh_key)
    shown = text_of(name[:length])
    require(not any(map(is_unseen, shown)), "a character that is not seen")
    return Card(raw, sign_key, dh_key, card_secret, shown)


def is_unseen(character: str) -> bool:
    """Whether a character may not stand in a name."""
    if unicodedata.category(character) == "Cc":
        return True
    for item in _UNSEEN.split():
        first, _, last = item.partition("-")
        if int(first, 16) <= ord(character) <= int(last or first, 16):
            return True
    return False


def pair_ad(one: bytes, other: bytes) -> bytes:
    """`AD` of a session: both card ids, the smaller first."""
    return min(one, other) + max(one, other)


def link(raw: bytes) -> str:
    """A card as a link: base64url without padding."""
    return _LINK + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_link(text: str) -> Card:
    """The card that a link holds."""
    require(text.startswith(_LINK), "not a card's link")
    # 186 bytes are 248 characters, so that no padding was cut off.
    encoded = text[len(_LINK) :]
    require(len(encoded) == CARD_BYTES // 3 * 4, "not a card's length")
    # Python's decoder takes the letters of plain base64 too.
    require(not set(encoded) & set("+/"), "not base64url")
    try:
        return read_card(base64.b64decode(encoded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Refused("not base64url") from None

"""The contact code: `"SL1:" + Base45(card ‖ OSPK ‖ OTS ‖ H(XEK)[..16] ‖ sig)`.

Base45 is RFC 9285: two bytes, most significant first, are three characters,
least significant first; a last single byte is two.
"""

from dataclasses import dataclass

from twin import labels
from twin.card import CARD_BYTES, Card, Identity, read_card
from twin.primitives import contributes, require, sha256, sign, verify

PREFIX = "SL1:"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_QR_BYTES = CARD_BYTES + 32 + 16 + 16 + 64


def base45(data: bytes) -> str:
    """Encodes."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair)
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text += ALPHABET[digit]
    return text


def read_base45(text: str) -> bytes:
    """Decodes; what is no encoding is refused."""
    data = b""
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        require(len(group) > 1, "a character is left over")
        require(all(character in _VALUES for character in group), "not Base45")
        value = sum(_VALUES[character] * 45**i for i, character in enumerate(group))
        width = len(group) - 1
        require(value < 1 << (8 * width), "a group is too large")
        data += value.to_bytes(width)
    return data


@dataclass(frozen=True)
class Code:
    """What a valid QR code says."""

    card: Card
    prekey: bytes
    one_time_secret: bytes
    xek_hash: bytes


def _signed(card: Card, rest: bytes) -> bytes:
    return labels.QR + card.card_id + rest


def make(
    owner: Identity, card: bytes, prekey: bytes, one_time_secret: bytes, xek: bytes
) -> str:
    """The text of a QR code; `prekey` is the public OSPK, `xek` the whole key."""
    rest = prekey + one_time_secret + sha256(xek)[:16]
    signature = sign(owner.sign_seed, _signed(read_card(card), rest))
    return PREFIX + base45(card + rest + signature)


def read(text: str) -> Code:
    """Reads and verifies the text of a QR code."""
    require(text.startswith(PREFIX), "not a code of ours")
    raw = read_base45(text[len(PREFIX) :])
    require(len(raw) == _QR_BYTES, "not a code's length")
    card = read_card(raw[:CARD_BYTES])
    rest = raw[CARD_BYTES:-64]
    verify(card.sign_key, raw[-64:], _signed(card, rest))
    return Code(card, contributes(rest[:32]), rest[32:48], rest[48:])

"""Channels: roots, the keys of a day, posts."""

import re
import unicodedata
from dataclasses import dataclass

from twin import labels
from twin.envelope import CLEAR_BYTES, check, pad, unpad
from twin.envelope import tag as envelope_tag
from twin.inner import Inner, decode
from twin.primitives import (
    argon2id,
    ed25519_public,
    hkdf,
    hmac,
    require,
    sha256,
    sign,
    u16,
    u32,
    verify,
    xaead_open,
    xaead_seal,
)

SLOTS = 4_096
NAME_BYTES_MAX = 32
PHRASE_BYTES_MAX = 256
# Unicode's property White_Space; Python's own notion has four controls more.
_WHITE = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_WHITE_SPACE = re.compile(f"{_WHITE}+")


@dataclass(frozen=True)
class Post:
    """An opened post; `raw` is the inner message as it was signed."""

    pseudonym: bytes
    inner: Inner
    raw: bytes


def _normal(text: str, most: int) -> str:
    require(len(text.encode()) <= 4 * most, "far too long")
    lower = unicodedata.normalize("NFKC", text).lower()
    parts = _WHITE_SPACE.split(unicodedata.normalize("NFKC", lower))
    words = " ".join(part for part in parts if part)
    controls = [c for c in words if unicodedata.category(c) == "Cc"]
    require(not controls, "a control character")
    return words


def _stripped(text: str) -> str:
    return re.sub(rf"\A{_WHITE}+|{_WHITE}+\Z", "", text)


def public_root(name: str) -> bytes:
    """The root of a public channel."""
    controls = [c for c in _stripped(name) if unicodedata.category(c) == "Cc"]
    require(not controls, "a control character in a channel's name")
    raw = _normal(name, NAME_BYTES_MAX).lstrip("# ").encode()
    require(0 < len(raw) <= NAME_BYTES_MAX, "not a channel's name")
    return sha256(labels.CHANNEL_PUBLIC + raw)


def phrase_root(phrase: str) -> bytes:
    """The root of a channel that a phrase opens; takes about a second."""
    return argon2id(read_phrase(phrase), sha256(labels.CHANNEL)[:16])


def read_phrase(phrase: str) -> bytes:
    """A phrase as it is hashed."""
    raw = _normal(phrase, PHRASE_BYTES_MAX).encode()
    require(0 < len(raw) <= PHRASE_BYTES_MAX, "not a phrase")
    return raw


def day_keys(root: bytes, day: int) -> tuple[bytes, bytes]:
    """`K` and `T` of one UTC day."""
    keys = hkdf(b"", root, labels.CHANNEL + u32(day), 64)
    return keys[:32], keys[32:]


def tag(root: bytes, day: int, slot: int) -> bytes:
    """The tag of one slot."""
    return hmac(day_keys(root, day)[1], u16(slot))[:16]


def _signed(root: bytes, day: int, inner: bytes) -> bytes:
    return labels.CHANNEL_POST + sha256(root) + u32(day) + inner


def seal(
    root: bytes,
    day: int,
    slot: int,
    pseudonym_seed: bytes,
    head: bytes,
    nonce: bytes,
    size: int,
    inner: bytes,
) -> bytes:
    """The envelope of a post; `slot` and the 24-byte `nonce` are random."""
    post = ed25519_public(pseudonym_seed)
    post += sign(pseudonym_seed, _signed(root, day, inner)) + inner
    clear = head + tag(root, day, slot)
    padded = pad(post, size - CLEAR_BYTES - 40)
    return clear + xaead_seal(day_keys(root, day)[0], nonce, padded, clear)


def open_(root: bytes, day: int, slot: int, envelope: bytes) -> Post:
    """Opens the post whose tag is that of `day` and `slot`."""
    check(envelope)
    require(envelope_tag(envelope) == tag(root, day, slot), "another tag")
    clear, key = envelope[:CLEAR_BYTES], day_keys(root, day)[0]
    post = unpad(xaead_open(key, envelope[CLEAR_BYTES:], clear))
    require(len(post) >= 96, "no room for a signature")
    pseudonym, raw = post[:32], post[96:]
    verify(pseudonym, post[32:96], _signed(root, day, raw))
    return Post(pseudonym, decode(raw, in_channel=True), raw)

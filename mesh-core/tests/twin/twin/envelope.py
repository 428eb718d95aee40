"""The envelope that floods: header, tag, sealed part, and the padding inside.

| offset | bytes | field |
|---|---|---|
| 0 | 1 | version, 1 |
| 1 | 1 | class: 0 SOS, 1 text, 2 manifest, 3 keys |
| 2 | 2 | zero |
| 4 | 4 | expiry, in ticks of five minutes since the Unix epoch |
| 8 | 8 | zero |
| 16 | 16 | tag |
| 32 | rest | sealed part |

`docs/protocol/wire.md` §1, §2.
"""

from blake3 import blake3

from twin import labels
from twin.primitives import read_uint, require, u8, u16, u32

SIZES = (480, 1_920, 15_360)
HEADER_BYTES = 16
TAG_BYTES = 16
CLEAR_BYTES = HEADER_BYTES + TAG_BYTES

VERSION = 1
CLASS_SOS, CLASS_TEXT, CLASS_MANIFEST, CLASS_KEYS = range(4)


def header(class_code: int, expiry: int) -> bytes:
    """The 16 bytes of an envelope of that class and expiry."""
    return u8(VERSION) + u8(class_code) + bytes(2) + u32(expiry) + bytes(8)


def check(envelope: bytes) -> None:
    """Refuses what is not an envelope, by what a relay can see of it."""
    require(len(envelope) in SIZES, "not an envelope's length")
    check_header(envelope[:HEADER_BYTES])


def check_header(head: bytes) -> None:
    """Refuses a header with an unknown version or class, or a non-zero reserve."""
    require(len(head) == HEADER_BYTES, "not a header's length")
    require(head[0] == VERSION and head[1] <= CLASS_KEYS, "unknown version or class")
    require(head[2:4] == bytes(2) and head[8:] == bytes(8), "reserved bytes are used")


def tag(envelope: bytes) -> bytes:
    """The delivery tag."""
    return envelope[HEADER_BYTES:CLEAR_BYTES]


def envelope_id(envelope: bytes) -> bytes:
    """The 16 bytes that relays know the whole envelope by."""
    hasher = blake3(envelope, derive_key_context=labels.ENVELOPE_ID)
    return hasher.digest(16)


def pad(data: bytes, total: int) -> bytes:
    """`len u16`, the data, zeros up to `total`."""
    if len(data) + 2 > total:
        raise ValueError(f"{len(data)} bytes do not fit into {total - 2}")
    return (u16(len(data)) + data).ljust(total, b"\0")


def unpad(padded: bytes) -> bytes:
    """The data of `pad`; a pad that is not zero is refused."""
    require(len(padded) >= 2, "no room for a length")
    end = 2 + read_uint(padded[:2])
    require(end <= len(padded), "longer than its envelope")
    require(not any(padded[end:]), "the pad is not zero")
    return padded[2:end]

"""The inner message: bincode 2 `standard()`, written out by hand.

A post of a channel has zeros in the four fields that are for two people; all
messages have a name, which may be empty. One message has one encoding: longer
forms of a number, and left-over bytes, are refused.
"""

import unicodedata
from dataclasses import dataclass

from twin.primitives import read_uint, require, text_of

NAME_BYTES_MAX = 24
TEXT_BYTES_MAX = 2_000
PIECES_MAX = 4

KIND_TEXT = 1
KIND_SOS = 2

_MARKERS = ((251, 2), (252, 4), (253, 8))


@dataclass(frozen=True)
class Inner:
    """What a post or a message says; numbers in the order of the encoding."""

    kind: int
    message_id: bytes
    seq: int
    sent_ms: int
    ack_base: int
    ack_bits: int
    expire: int
    name: str
    body: bytes


def varint(value: int) -> bytes:
    """bincode's variable-length form of an unsigned number."""
    if value <= 250:
        return bytes([value])
    for marker, width in _MARKERS:
        if value < 1 << (8 * width):
            return bytes([marker]) + value.to_bytes(width, "little")
    raise ValueError("wider than u64")


def encode(inner: Inner) -> bytes:
    """The one encoding of a message."""
    numbers = (inner.seq, inner.sent_ms, inner.ack_base, inner.ack_bits, inner.expire)
    parts = [b"\x01", varint(inner.kind), inner.message_id]
    parts += [varint(number) for number in numbers]
    name = inner.name.encode()
    parts += [varint(len(name)), name]
    parts += [varint(len(inner.body)), inner.body]
    return b"".join(parts)


class _Reader:
    """Takes fields off the front of bytes that nobody has checked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        require(len(taken) == length, "ends too early")
        self._at += length
        return taken

    def number(self, bits: int) -> int:
        first = self.take(1)[0]
        if first <= 250:
            return first
        widths = dict(_MARKERS)
        require(first in widths, "unknown form of a number")
        value = read_uint(self.take(widths[first]))
        require(value < 1 << bits, "wider than its field")
        require(len(varint(value)) == 1 + widths[first], "not the shortest form")
        return value

    def counted(self, most: int) -> bytes:
        length = self.number(64)
        require(length <= most, "longer than its field")
        return self.take(length)

    def end(self) -> None:
        require(self._at == len(self._data), "bytes are left over")


def decode(data: bytes, in_channel: bool) -> Inner:
    """Reads exactly one message."""
    reader = _Reader(data)
    require(reader.take(1) == b"\x01", "unknown version")
    kind = reader.number(16)
    message_id = reader.take(16)
    seq, sent_ms = reader.number(32), reader.number(64)
    ack_base, ack_bits = reader.number(32), reader.number(64)
    expire = reader.number(32)
    if in_channel:
        require(not (seq or ack_base or ack_bits or expire), "session fields in a post")
    name = text_of(reader.counted(NAME_BYTES_MAX))
    controls = [c for c in name if unicodedata.category(c) == "Cc"]
    require(not controls, "a control character in the name")
    body = reader.counted(len(data))
    reader.end()
    return Inner(kind, message_id, seq, sent_ms, ack_base, ack_bits, expire, name, body)


def piece(index: int, count: int, text: bytes) -> bytes:
    """The body of one piece of a text."""
    return bytes([index, count]) + text


def read_piece(body: bytes) -> tuple[int, int, bytes]:
    """Index, count and bytes of a piece."""
    require(len(body) > 2, "no room for index, count and text")
    index, count = body[0], body[1]
    require(1 <= count <= PIECES_MAX and index < count, "no such piece")
    return index, count, body[2:]

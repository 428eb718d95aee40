"""Messages in a group: one chain per member and epoch (section 6).

    message = header ‖ tag 16 ‖ salt 8 ‖ SEAL(body key, padded ‖ sig 64)

The key schedules are those of the double ratchet; there is no DH step.
"""

from dataclasses import dataclass, field

from twin import labels
from twin.envelope import check, pad, unpad
from twin.envelope import tag as envelope_tag
from twin.primitives import (
    aead_open,
    aead_seal,
    require,
    sha256,
    sign,
    u32,
    verify,
)
from twin.ratchet import (
    CLEAR_BYTES,
    SALT_BYTES,
    Miss,
    body_key,
    kdf_chain,
    kdf_head,
)
from twin.rekey import Operation, chain_keys

WINDOW_MESSAGES = 32
WINDOW_CONTROL = 64
OVERHEAD_BYTES = CLEAR_BYTES + 64 + 16


def _signed(gid: bytes, eid: bytes, name: bytes, number: int, padded: bytes) -> bytes:
    return labels.GROUP_MESSAGE + gid + eid + name + u32(number) + sha256(padded)


@dataclass
class Sending:
    """A member's own chain in one epoch."""

    gid: bytes
    eid: bytes
    name: bytes
    gsk_seed: bytes
    chain: bytes
    head: bytes
    number: int = 0

    def seal(self, header: bytes, size: int, salt: bytes, data: bytes) -> bytes:
        """Seals the next message; `salt` is 8 fresh random bytes."""
        next_head, tag, _ = kdf_head(self.head)
        key, next_chain = kdf_chain(self.chain)
        clear = header + tag + salt
        padded = pad(data, size - OVERHEAD_BYTES)
        signed = _signed(self.gid, self.eid, self.name, self.number, padded)
        inside = padded + sign(self.gsk_seed, signed)
        aad = clear + self.gid + self.eid
        self.head, self.chain, self.number = next_head, next_chain, self.number + 1
        return clear + aead_seal(body_key(key, salt), inside, aad)


@dataclass
class Receiving:
    """Another member's chain: `window` keys ahead of the highest received.

    Keys of messages passed over stay until the epoch goes; at most `window - 1`
    are passed over at a time.
    """

    gid: bytes
    eid: bytes
    name: bytes
    gsk: bytes
    chain: bytes
    head: bytes
    window: int
    highest: int = -1
    made: int = 0
    keys: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fill()

    def _fill(self) -> None:
        while self.made <= self.highest + self.window:
            self.head, tag, _ = kdf_head(self.head)
            key, self.chain = kdf_chain(self.chain)
            self.keys[tag] = self.made, key
            self.made += 1

    def open(self, envelope: bytes) -> bytes:
        """The data of a message, or `Miss` or `Refused` and nothing changed."""
        check(envelope)
        tag = envelope_tag(envelope)
        if tag not in self.keys:
            raise Miss
        number, key = self.keys[tag]
        clear = envelope[:CLEAR_BYTES]
        aad = clear + self.gid + self.eid
        salt = clear[-SALT_BYTES:]
        inside = aead_open(body_key(key, salt), envelope[CLEAR_BYTES:], aad)
        require(len(inside) >= 66, "no room for a signature")
        padded, signature = inside[:-64], inside[-64:]
        signed = _signed(self.gid, self.eid, self.name, number, padded)
        verify(self.gsk, signature, signed)
        data = unpad(padded)
        del self.keys[tag]
        self.highest = max(self.highest, number)
        self._fill()
        return data


class Epoch:
    """One operation as one of its members sees it: an own chain, others' chains."""

    def __init__(
        self,
        gid: bytes,
        operation: Operation,
        name: bytes,
        gsk_seed: bytes,
        control: bool,
    ) -> None:
        label = labels.GROUP_CONTROL if control else labels.GROUP_SEND
        window = WINDOW_CONTROL if control else WINDOW_MESSAGES
        eid, secret = operation.eid, operation.secret
        own = chain_keys(label, eid, secret, name)
        self.sending = Sending(gid, eid, name, gsk_seed, *own)
        self.receiving = {
            other: Receiving(
                gid,
                eid,
                other,
                member.gsk,
                *chain_keys(label, eid, secret, other),
                window,
            )
            for other, member in operation.roster.items()
            if other != name
        }

    def open(self, envelope: bytes) -> tuple[bytes, bytes]:
        """Author and data of a message in any chain."""
        for name, chain in self.receiving.items():
            try:
                return name, chain.open(envelope)
            except Miss:
                continue
        raise Miss

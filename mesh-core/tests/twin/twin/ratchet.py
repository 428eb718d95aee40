"""Sessions: the double ratchet with header chains.

`wire = header 16 ‖ tag 16 ‖ salt 8 ‖ sealed head 52 ‖ sealed body`. A tag names
the chain and the number of a message, so that nothing is tried out: a tag that
is not in a window is a miss, and a hit that does not open changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from twin import labels
from twin.envelope import pad, unpad
from twin.envelope import tag as envelope_tag
from twin.primitives import (
    Refused,
    aead_open,
    aead_seal,
    expand,
    hkdf,
    hmac,
    read_uint,
    require,
    u16,
    u32,
    x25519,
    x25519_public,
)

SALT_BYTES = 8
CLEAR_BYTES = 40
HEAD_BYTES = 52
OVERHEAD_BYTES = CLEAR_BYTES + HEAD_BYTES + 16

WINDOW_CURRENT = 128
WINDOW_NEXT = 64
SPARSE_STEP = 64
SPARSE_REACH = 1_024
SKIPPED_PER_STEP = 512
SKIPPED_PER_SESSION = 2_048
SKIPPED_CHAINS = 64
SKIPPED_LIFE_MS = 96 * 3_600_000


SIZES = (480, 1_920)


class Miss(Exception):
    """A tag that is in no window: an envelope to relay only, for now."""


class Waiting(Exception):
    """Nothing may be sealed: 1,024 messages are not acknowledged."""


class Unanswered(Exception):
    """Nothing may be sealed: the side that answers has opened nothing yet."""


def start(secret: bytes) -> tuple[bytes, bytes, bytes]:
    """`RK ‖ HC_a ‖ NHC_b` of a fresh session."""
    keys = hkdf(b"", secret, labels.SESSION, 96)
    return keys[:32], keys[32:64], keys[64:]


def kdf_root(root: bytes, dh: bytes) -> tuple[bytes, bytes, bytes]:
    """`KDF_RK`: next root, message chain, next header chain."""
    keys = hkdf(root, dh, labels.ROOT, 96)
    return keys[:32], keys[32:64], keys[64:]


def kdf_chain(chain: bytes) -> tuple[bytes, bytes]:
    """`KDF_CK`: message key, next chain key."""
    return hmac(chain, b"\x01"), hmac(chain, b"\x02")


def kdf_head(chain: bytes) -> tuple[bytes, bytes, bytes]:
    """`KDF_HC`: next header chain, tag, header key."""
    keys = expand(chain, labels.HEAD, 80)
    return keys[:32], keys[32:48], keys[48:]


def body_key(message_key: bytes, salt: bytes) -> bytes:
    """The key of one body."""
    return expand(message_key, labels.BODY + salt, 32)


def head_key(header_key: bytes, salt: bytes) -> bytes:
    """The key of one head."""
    return expand(header_key, labels.HEAD_SEAL + salt, 32)


@dataclass
class HeadWindow:
    """Tags and header keys ahead of the highest received message of a chain."""

    chain: bytes
    reach: int
    next: int = 0
    numbers: dict[bytes, int] = field(default_factory=dict)
    keys: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fill()

    def copy(self, reach: int) -> "HeadWindow":
        """The same place of the same chain, with another dense window."""
        numbers, keys = self.numbers.copy(), self.keys.copy()
        return HeadWindow(self.chain, reach, self.next, numbers, keys)

    def _fill(self) -> None:
        # `chain` is always at the number after the last known key.
        for number in range(self.next + len(self.keys), self.next + SPARSE_REACH):
            self.chain, tag, key = kdf_head(self.chain)
            self.keys[number] = tag, key
            self.numbers[tag] = number

    def lookup(self, tag: bytes) -> int | None:
        """The number of a tag that is in the window."""
        number = self.numbers.get(tag)
        if number is None:
            return None
        near = number < self.next + self.reach
        return number if near or number % SPARSE_STEP == 0 else None

    def advance(self, end: int) -> list[tuple[int, bytes]]:
        """Makes `end` the next number; gives number and tag of those passed."""
        passed = []
        for number in range(self.next, end):
            tag, _ = self.keys.pop(number)
            del self.numbers[tag]
            passed.append((number, tag))
        self.next = max(self.next, end)
        self._fill()
        return passed


@dataclass(frozen=True)
class Skipped:
    """The key of a message that was passed over.

    What its header says is known by then, and the seal of the body covers it.
    """

    chain: int
    seq: int
    message_key: bytes
    at_ms: int


@dataclass(frozen=True)
class Opened:
    """What an opened message says, and its number among all of its sender."""

    data: bytes
    seq: int


@dataclass
class _State:
    """Everything that a message may change, and that is kept only if it opens."""

    root: bytes
    # The own ratchet key; none while the own half of a step is due.
    dh_private: bytes | None
    # The other's ratchet key, where a chain of ours is to begin with it.
    theirs: bytes | None
    send_head: bytes | None
    send_chain: bytes | None
    next_send_head: bytes
    next: HeadWindow
    # Messages of the own chain, of the one before, of all chains.
    sent: int = 0
    sent_before: int = 0
    sealed: int = 0
    # One more than the newest acknowledged.
    acknowledged: int = 0
    current: HeadWindow | None = None
    receive_chain: bytes | None = None
    # Messages of the other's chains before the current one.
    first_seq: int = 0
    skipped: dict[bytes, Skipped] = field(default_factory=dict)
    chains: int = 0

    def copy(self) -> "_State":
        current = self.current and self.current.copy(self.current.reach)
        following = self.next.copy(self.next.reach)
        return replace(
            self, current=current, next=following, skipped=self.skipped.copy()
        )


class Ratchet:
    """One side of a session."""

    def __init__(self, state: _State, ad: bytes) -> None:
        self._state = state
        self._ad = ad

    @classmethod
    def initiator(
        cls, secret: bytes, prekey: bytes, ratchet_private: bytes, ad: bytes
    ) -> "Ratchet":
        """The side that speaks first; it begins a chain with the other's prekey."""
        root, head, next_head = start(secret)
        following = HeadWindow(next_head, WINDOW_NEXT)
        state = _State(root, None, prekey, None, None, head, following)
        _begin_chain(state, ratchet_private)
        return cls(state, ad)

    @classmethod
    def responder(cls, secret: bytes, prekey_private: bytes, ad: bytes) -> "Ratchet":
        """The side that waits for the first message."""
        root, head, next_head = start(secret)
        following = HeadWindow(head, WINDOW_NEXT)
        state = _State(root, prekey_private, None, None, None, next_head, following)
        return cls(state, ad)

    @property
    def can_send(self) -> bool:
        """Whether this side has opened something, or is the one that speaks first."""
        return self._state.send_chain is not None or self.is_due

    @property
    def is_due(self) -> bool:
        """Whether the next message begins a chain, with a new ratchet key."""
        return self._state.theirs is not None

    @property
    def skipped(self) -> int:
        """How many skipped message keys are held."""
        return len(self._state.skipped)

    @property
    def sealed(self) -> int:
        """How many messages were sealed: the number of the next one."""
        return self._state.sealed

    def acknowledge(self, seq: int) -> None:
        """The other side opened message `seq` of ours."""
        require(seq < self._state.sealed, "never sealed")
        self._state.acknowledged = max(self._state.acknowledged, seq + 1)

    def seal(
        self,
        head: bytes,
        size: int,
        salt: bytes,
        data: bytes,
        draw: Callable[[], bytes],
        embedded: bool = False,
    ) -> bytes:
        """Seals one message of `size` bytes; `salt` is 8 fresh random bytes.

        `draw` gives the X25519 private key of a new chain; it is asked once, if
        `is_due`. An embedded message is part of another envelope.
        """
        if not embedded and size not in SIZES:
            raise ValueError("not the size of an envelope")
        state = self._state
        padded = pad(data, size - OVERHEAD_BYTES)
        if state.sealed >= state.acknowledged + SPARSE_REACH:
            raise Waiting
        if state.theirs is not None:
            _begin_chain(state, draw())
        if state.send_head is None or state.send_chain is None:
            raise Unanswered
        assert state.dh_private is not None
        ad = self._ad + (u16(size) if embedded else b"")
        next_head, tag, header_key = kdf_head(state.send_head)
        message_key, next_chain = kdf_chain(state.send_chain)
        clear = head + tag + salt
        plain_head = x25519_public(state.dh_private) + u32(state.sent_before)
        wire = clear + aead_seal(head_key(header_key, salt), plain_head, clear + ad)
        wire += aead_seal(body_key(message_key, salt), padded, wire + ad)
        state.send_head, state.send_chain = next_head, next_chain
        state.sent += 1
        state.sealed += 1
        return wire

    def open(self, wire: bytes, now_ms: int, embedded: bool = False) -> Opened:
        """Opens a message, or raises `Miss` or `Refused` and changes nothing."""
        self.expire(now_ms)
        require(embedded or len(wire) in SIZES, "not the size of an envelope")
        require(len(wire) >= OVERHEAD_BYTES + 2, "shorter than a message")
        state = self._state.copy()
        ad = self._ad + (u16(len(wire)) if embedded else b"")
        opened = _open(state, wire, now_ms, ad)
        self._state = state
        return opened

    def expire(self, now_ms: int) -> None:
        """Erases the skipped keys that are 96 hours old.

        A stamp in the future is of a clock that was ahead: its time begins again.
        """
        self._state.skipped = {
            tag: replace(skipped, at_ms=min(skipped.at_ms, now_ms))
            for tag, skipped in self._state.skipped.items()
            if now_ms - skipped.at_ms < SKIPPED_LIFE_MS
        }


def _open(state: _State, wire: bytes, now_ms: int, ad: bytes) -> Opened:
    tag = envelope_tag(wire)
    skipped = state.skipped.pop(tag, None)
    if skipped is not None:
        return Opened(_open_body(wire, skipped.message_key, ad), skipped.seq)
    number = state.current.lookup(tag) if state.current is not None else None
    if state.current is not None and number is not None:
        _open_head(wire, state.current.keys[number][1], ad)
        key = _advance(state, number, now_ms)
        return Opened(_open_body(wire, key, ad), state.first_seq + number)
    number = state.next.lookup(tag)
    if number is None:
        raise Miss
    dh_public, length = _open_head(wire, state.next.keys[number][1], ad)
    _end_chain(state, length, now_ms)
    _step(state, dh_public)
    key = _advance(state, number, now_ms)
    return Opened(_open_body(wire, key, ad), state.first_seq + number)


def _open_head(wire: bytes, header_key: bytes, ad: bytes) -> tuple[bytes, int]:
    clear = wire[:CLEAR_BYTES]
    key = head_key(header_key, wire[CLEAR_BYTES - SALT_BYTES : CLEAR_BYTES])
    sealed = wire[CLEAR_BYTES : CLEAR_BYTES + HEAD_BYTES]
    plain = aead_open(key, sealed, clear + ad)
    return plain[:32], read_uint(plain[32:])


def _open_body(wire: bytes, message_key: bytes, ad: bytes) -> bytes:
    before = wire[: CLEAR_BYTES + HEAD_BYTES]
    key = body_key(message_key, wire[CLEAR_BYTES - SALT_BYTES : CLEAR_BYTES])
    return unpad(aead_open(key, wire[len(before) :], before + ad))


def _begin_chain(state: _State, private: bytes) -> None:
    """The own half of a step: a chain with a new ratchet key."""
    assert state.theirs is not None
    state.root, state.send_chain, next_head = kdf_root(
        state.root, x25519(private, state.theirs)
    )
    state.send_head, state.next_send_head = state.next_send_head, next_head
    state.dh_private, state.theirs = private, None


def _end_chain(state: _State, length: int, now_ms: int) -> None:
    """Passes over the rest of the chain before, which had `length` messages."""
    if state.current is None:
        require(length == 0, "there is no chain before the first")
        return
    came = state.current.next
    require(length <= came + SPARSE_REACH, "more than a sender may send")
    _skip(state, length, now_ms)
    # A sender that was put back counts fewer than came.
    state.first_seq += max(length, came)


def _step(state: _State, dh_public: bytes) -> None:
    """The other's half of a step: its next chain is entered, one of ours is due."""
    if state.dh_private is None:
        raise Refused("nobody can answer a key that was not drawn")
    state.current = state.next.copy(WINDOW_CURRENT)
    shared = x25519(state.dh_private, dh_public)
    state.root, state.receive_chain, next_head = kdf_root(state.root, shared)
    state.next = HeadWindow(next_head, WINDOW_NEXT)
    state.dh_private, state.theirs = None, dh_public
    state.send_head = state.send_chain = None
    state.sent_before, state.sent = state.sent, 0
    state.chains += 1


def _advance(state: _State, number: int, now_ms: int) -> bytes:
    """Passes over what comes before `number`, and gives its message key."""
    if state.current is None:
        raise Refused("no receiving chain")
    _skip(state, number, now_ms)
    assert state.receive_chain is not None
    key, state.receive_chain = kdf_chain(state.receive_chain)
    state.current.advance(number + 1)
    return key


def _skip(state: _State, end: int, now_ms: int) -> None:
    """Keeps the keys of the current chain before `end`: the newest 512 of them."""
    current = state.current
    assert current is not None and state.receive_chain is not None
    passed = current.advance(end)
    if not passed:
        return
    for number, tag in passed:
        message_key, state.receive_chain = kdf_chain(state.receive_chain)
        if number >= end - SKIPPED_PER_STEP:
            state.skipped[tag] = Skipped(
                state.chains, state.first_seq + number, message_key, now_ms
            )
    chains = sorted({skipped.chain for skipped in state.skipped.values()})
    gone = set(chains[:-SKIPPED_CHAINS])
    kept = [item for item in state.skipped.items() if item[1].chain not in gone]
    state.skipped = dict(kept[-SKIPPED_PER_SESSION:])

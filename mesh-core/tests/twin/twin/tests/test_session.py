"""The double ratchet under loss, delay, repetition and altered copies."""

import contextlib
import os
import random
import unittest

from twin.envelope import CLASS_TEXT, header
from twin.primitives import Refused, x25519_public
from twin.ratchet import (
    SKIPPED_LIFE_MS,
    Miss,
    Ratchet,
    Unanswered,
    Waiting,
)
from twin.tests.sample import flips, value

HEAD = header(CLASS_TEXT, 5_985_000)
HOUR_MS = 3_600_000


def pair() -> tuple[Ratchet, Ratchet]:
    """A and B with the same secret; A speaks first."""
    secret, prekey, ad = value("sk"), value("prekey"), value("ad", 64)
    initiator = Ratchet.initiator(secret, x25519_public(prekey), value("dh"), ad)
    return initiator, Ratchet.responder(secret, prekey, ad)


class Peers:
    """Two sides whose random values follow from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sides = pair()

    def draw(self) -> bytes:
        """A private key."""
        return self.random.randbytes(32)

    def send(self, side: int, data: bytes) -> bytes:
        """One message of 480 bytes."""
        salt = self.random.randbytes(8)
        return self.sides[side].seal(HEAD, 480, salt, data, self.draw)

    def send_all(self, count: int) -> list[bytes]:
        """Messages of A, each acknowledged at once."""
        wires = []
        for number in range(count):
            wires.append(self.send(0, b"%d" % number))
            self.sides[0].acknowledge(number)
        return wires

    def deliver(self, side: int, wire: bytes, now_ms: int = 0) -> bytes:
        """Gives a message to that side; what opens is acknowledged at once."""
        opened = self.sides[side].open(wire, now_ms)
        self.sides[1 - side].acknowledge(opened.seq)
        return opened.data


class Session(unittest.TestCase):
    def setUp(self) -> None:
        self.peers = Peers(1)
        self.send, self.deliver = self.peers.send, self.peers.deliver

    def misses(self, side: int, wire: bytes, now_ms: int = 0) -> None:
        """Asserts that the tag is in no window."""
        with self.assertRaises(Miss):
            self.deliver(side, wire, now_ms)

    def test_waiting_side_cannot_send_first(self) -> None:
        with self.assertRaises(Unanswered):
            self.send(1, b"")

    def test_sender_stops_before_it_is_lost(self) -> None:
        wires = [self.send(0, b"%d" % n) for n in range(1_024)]
        with self.assertRaises(Waiting):
            self.send(0, b"")
        self.deliver(1, wires[3])
        for _ in range(4):
            self.send(0, b"")
        with self.assertRaises(Waiting):
            self.send(0, b"")

    def test_what_was_never_sealed_is_not_acknowledged(self) -> None:
        with self.assertRaises(Refused):
            self.peers.sides[0].acknowledge(0)

    def test_embedded_message_is_no_envelope_and_the_other_way_round(self) -> None:
        side, salt = self.peers.sides[0], b"salt" * 2
        inside = side.seal(HEAD, 480, salt, b"", self.peers.draw, embedded=True)
        outside = self.send(0, b"")
        for wire, embedded in ((inside, False), (outside, True)):
            with self.assertRaises(Refused):
                self.peers.sides[1].open(wire, 0, embedded)

    def test_claim_of_a_chain_too_long_is_refused(self) -> None:
        """A sender that claims more than it may have sent."""
        self.deliver(1, self.send(0, b""))
        self.deliver(0, self.send(1, b""))
        for claim, fits in ((1_026, False), (1_025, True)):
            self.peers.sides[0]._state.sent_before = claim
            wire = self.send(0, b"")
            with contextlib.nullcontext() if fits else self.assertRaises(Refused):
                self.peers.sides[1].open(wire, 0)

    def test_first_chain_that_claims_one_before_it_is_refused(self) -> None:
        self.peers.sides[0]._state.sent_before = 1
        with self.assertRaises(Refused):
            self.deliver(1, self.send(0, b""))

    def test_numbers_go_on_over_chains(self) -> None:
        for seq in range(0, 6, 2):
            for number in (seq, seq + 1):
                wire = self.send(0, b"")
                self.assertEqual(self.peers.sides[1].open(wire, 0).seq, number)
            self.deliver(0, self.send(1, b""))

    def test_messages_alternate(self) -> None:
        for turn in range(20):
            data = f"turn {turn}".encode()
            self.assertEqual(
                self.deliver((turn + 1) % 2, self.send(turn % 2, data)), data
            )

    def test_replay_is_a_miss(self) -> None:
        wire = self.send(0, b"once")
        self.deliver(1, wire)
        self.misses(1, wire)

    def test_each_flipped_bit_is_refused_and_changes_nothing(self) -> None:
        self.deliver(1, self.send(0, b"first"))
        wire = self.send(0, b"second")
        for copy in flips(wire):
            with self.assertRaises((Refused, Miss)):
                self.deliver(1, copy)
        self.assertEqual(self.deliver(1, wire), b"second")

    def test_altered_first_message_of_a_chain_changes_nothing(self) -> None:
        self.deliver(1, self.send(0, b"first"))
        wire = self.send(1, b"answer")
        for copy in flips(wire, 11):
            with self.assertRaises((Refused, Miss)):
                self.deliver(0, copy)
        self.assertEqual(self.deliver(0, wire), b"answer")

    def test_message_of_another_pair_is_refused(self) -> None:
        """The tag fits, the card ids in the associated data do not."""
        secret, prekey = value("sk"), value("prekey")
        stranger = Ratchet.responder(secret, prekey, value("another ad", 64))
        with self.assertRaises(Refused):
            stranger.open(self.send(0, b""), 0)

    def test_same_place_with_another_salt_has_another_key(self) -> None:
        """A state that was put back does not repeat a key stream."""
        one, other = pair()[0], pair()[0]
        wires = [
            side.seal(HEAD, 480, salt, b"", self.peers.draw)
            for side, salt in ((one, b"1" * 8), (other, b"2" * 8))
        ]
        self.assertEqual(wires[0][:32], wires[1][:32])
        self.assertNotEqual(wires[0][40:92], wires[1][40:92])
        self.assertNotEqual(wires[0][92:], wires[1][92:])

    def test_windows_of_a_chain(self) -> None:
        """128 ahead in the current chain, 64 in the next, and every 64th to 1,024."""
        wires = self.peers.send_all(1_200)
        next_chain = [n for n in range(1_200) if self.is_hit(1, wires[n])]
        self.assertEqual(next_chain, [*range(64), *range(64, 1_024, 64)])
        self.deliver(1, wires[10])
        current = [n for n in range(11, 1_200) if self.is_hit(1, wires[n])]
        sparse = [n for n in range(139, 1_035) if n % 64 == 0]
        self.assertEqual(current, [*range(11, 139), *sparse])

    def is_hit(self, side: int, wire: bytes) -> bool:
        """Whether the tag is known: an altered copy is refused then, and no miss."""
        try:
            self.deliver(side, wire[:-1] + bytes([wire[-1] ^ 1]))
        except Refused:
            return True
        except Miss:
            return False
        raise AssertionError("an altered copy opened")

    def test_long_gap_keeps_the_newest_keys(self) -> None:
        wires = [self.send(0, b"%d" % n) for n in range(641)]
        self.deliver(1, wires[0])
        self.assertEqual(self.deliver(1, wires[640]), b"640")
        self.assertEqual(self.peers.sides[1].skipped, 512)
        self.misses(1, wires[127])
        self.assertEqual(self.deliver(1, wires[128]), b"128")

    def test_session_keeps_no_more_than_its_limit(self) -> None:
        wires = self.peers.send_all(5 * 512 + 1)
        for number in range(0, len(wires), 512):
            self.deliver(1, wires[number])
        self.assertEqual(self.peers.sides[1].skipped, 2_048)
        # Five steps passed over 511 each; the oldest 507 of those are gone.
        self.misses(1, wires[507])
        self.deliver(1, wires[508])

    def test_oldest_chain_goes_when_there_are_too_many(self) -> None:
        late = []
        for _ in range(66):
            late.append(self.send(0, b"late"))
            self.deliver(1, self.send(0, b""))
            self.deliver(0, self.send(1, b""))
        self.assertEqual(self.peers.sides[1].skipped, 64)
        self.misses(1, late[0])
        self.misses(1, late[1])
        self.assertEqual(self.deliver(1, late[2]), b"late")

    def test_skipped_keys_are_erased_in_time(self) -> None:
        one, other = self.send(0, b"one"), self.send(0, b"other")
        self.deliver(1, self.send(0, b""), HOUR_MS)
        self.deliver(1, one, HOUR_MS + SKIPPED_LIFE_MS - 1)
        self.misses(1, other, HOUR_MS + SKIPPED_LIFE_MS)

    def test_end_of_the_old_chain_opens_after_the_step(self) -> None:
        wires = [self.send(0, b"%d" % n) for n in range(5)]
        self.deliver(1, wires[0])
        self.deliver(0, self.send(1, b""))
        self.assertEqual(self.deliver(1, self.send(0, b"new chain")), b"new chain")
        for number in (4, 1, 3, 2):
            self.assertEqual(self.deliver(1, wires[number]), b"%d" % number)


class RandomRuns(unittest.TestCase):
    """Every message that is not lost opens, in whatever order it comes."""

    turns = 4_000 if os.environ.get("TWIN_LONG") else 600

    def run_one(self, seed: int, loss: float, delay: int) -> None:
        """One run; each message arrives up to `delay` turns later, some twice."""
        peers, chance = Peers(seed), random.Random(seed + 1)
        due: list[tuple[int, int, bytes, bytes]] = []
        opened: set[bytes] = set()
        sent = 0
        first = peers.send(0, b"first")
        peers.deliver(1, first)
        for turn in range(self.turns + delay + 1):
            if turn < self.turns:
                side, data = chance.randrange(2), b"message %d" % turn
                wire = peers.send(side, data)
                if chance.random() >= loss:
                    sent += 1
                    for _ in range(1 + (chance.random() < 0.1)):
                        when = turn + chance.randint(0, delay)
                        due.append((when, 1 - side, wire, data))
            now = [item for item in due if item[0] <= turn]
            due = [item for item in due if item[0] > turn]
            chance.shuffle(now)
            for _, side, wire, data in now:
                if chance.random() < 0.05:
                    at, bit = 32 + chance.randrange(448), 1 << chance.randrange(8)
                    altered = wire[:at] + bytes([wire[at] ^ bit]) + wire[at + 1 :]
                    with self.assertRaises((Refused, Miss)):
                        peers.sides[side].open(altered, 0)
                if data in opened:
                    with self.assertRaises(Miss):
                        peers.deliver(side, wire)
                else:
                    self.assertEqual(peers.deliver(side, wire), data, f"seed {seed}")
                    opened.add(data)
        self.assertEqual(len(opened), sent, f"seed {seed}")

    def test_every_message_that_arrives_opens(self) -> None:
        for seed, (loss, delay) in enumerate(
            [(0.0, 0), (0.0, 40), (0.2, 10), (0.3, 100), (0.5, 40), (0.5, 400)]
        ):
            with self.subTest(seed=seed, loss=loss, delay=delay):
                self.run_one(seed, loss, delay)

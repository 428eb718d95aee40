"""Rekey operations and messages of a group."""

import unittest
from unittest import mock

from twin import rekey
from twin.envelope import CLASS_TEXT, header
from twin.group import Epoch
from twin.primitives import Refused, x25519_public
from twin.ratchet import Miss
from twin.rekey import Changes, Member, member_id, new_member
from twin.tests.sample import flips, value

HEAD = header(CLASS_TEXT, 5_985_000)
GID = value("gid")
SECRET = value("es")


def gsk(number: int) -> bytes:
    """The GSK seed of a member."""
    return value(f"gsk {number}")


def mk(number: int) -> bytes:
    """The MK private key of a member."""
    return value(f"mk {number}")


def member(number: int) -> Member:
    """A member; the first is the owner."""
    role = rekey.ROLE_OWNER if number == 0 else rekey.ROLE_MEMBER
    return new_member(gsk(number), mk(number), role)


def name(number: int) -> bytes:
    """A member's id."""
    return member_id(GID, member(number).gsk)


def found(members: int = 5, secret: bytes = SECRET) -> bytes:
    """The first operation of a group."""
    adds = Changes(adds=tuple(member(number) for number in range(members)))
    return rekey.make(GID, (), gsk(0), {}, adds, secret)


class Rekeying(unittest.TestCase):
    def test_every_member_opens_the_same_operation(self) -> None:
        op = found()
        opened = [rekey.open_(GID, {}, [mk(number)], op) for number in range(5)]
        self.assertTrue(all(operation == opened[0] for operation in opened))
        self.assertEqual(opened[0].secret, SECRET)
        self.assertEqual(opened[0].roster[name(3)], member(3))

    def test_removed_member_cannot_open_the_next(self) -> None:
        first = rekey.open_(GID, {}, [mk(0)], found())
        op = rekey.make(
            GID,
            (first.eid,),
            gsk(0),
            first.roster,
            Changes(removes=(name(4),), roles=((name(1), rekey.ROLE_ADMIN),)),
            value("es 2"),
        )
        second = rekey.open_(GID, first.roster, [mk(1)], op)
        self.assertEqual(second.parents, (first.eid,))
        self.assertNotIn(name(4), second.roster)
        self.assertEqual(second.roster[name(1)].role, rekey.ROLE_ADMIN)
        with self.assertRaises(Refused):
            rekey.open_(GID, first.roster, [mk(4)], op)

    def test_each_flipped_bit_is_refused(self) -> None:
        op = found(3)
        for copy in flips(op, 3):
            with self.assertRaises(Refused):
                rekey.open_(GID, {}, [mk(1)], copy)

    def test_member_left_out_is_noticed(self) -> None:
        """An actor that adds four and spoils the wrap of one of them."""
        adds = Changes(adds=tuple(member(number) for number in range(4)))
        honest = rekey._wrap

        def spoiled(
            gid: bytes, parents: bytes, secret: bytes, who: bytes, mk: bytes
        ) -> bytes:
            wrap = honest(gid, parents, secret, who, mk)
            return wrap if who != name(3) else wrap[:-1] + bytes([wrap[-1] ^ 1])

        with mock.patch.object(rekey, "_wrap", spoiled):
            op = rekey.make(GID, (), gsk(0), {}, adds, SECRET)
        with self.assertRaises(Refused):
            rekey.open_(GID, {}, [mk(1)], op)

    def test_stranger_cannot_act(self) -> None:
        first = rekey.open_(GID, {}, [mk(0)], found())
        op = rekey.make(GID, (first.eid,), gsk(9), first.roster, Changes(), SECRET)
        with self.assertRaises(Refused):
            rekey.open_(GID, first.roster, [mk(1)], op)

    def test_low_order_key_of_a_member_is_refused(self) -> None:
        adds = Changes(adds=(member(0), Member(member(1).gsk, bytes(32), 0)))
        with self.assertRaises(Refused):
            rekey.make(GID, (), gsk(0), {}, adds, SECRET)

    def test_largest_group(self) -> None:
        op = found(rekey.MEMBERS_MAX)
        opened = rekey.open_(GID, {}, [mk(199)], op)
        self.assertEqual(len(opened.roster), rekey.MEMBERS_MAX)
        with self.assertRaises(Refused):
            found(rekey.MEMBERS_MAX + 1)


class Messages(unittest.TestCase):
    def setUp(self) -> None:
        operation = rekey.open_(GID, {}, [mk(0)], found())
        self.epochs = [
            Epoch(GID, operation, name(number), gsk(number), False)
            for number in range(5)
        ]
        self.control = [
            Epoch(GID, operation, name(number), gsk(number), True)
            for number in range(2)
        ]

    def send(self, author: int, data: bytes, size: int = 480) -> bytes:
        """Seals one message."""
        return self.epochs[author].sending.seal(HEAD, size, value("salt", 8), data)

    def test_everybody_else_opens_a_message(self) -> None:
        for size in (480, 1_920):
            envelope = self.send(2, b"to all", size)
            self.assertEqual(len(envelope), size)
            for reader in (0, 1, 3, 4):
                self.assertEqual(
                    self.epochs[reader].open(envelope), (name(2), b"to all")
                )
            with self.assertRaises(Miss):
                self.epochs[2].open(envelope)

    def test_largest_message(self) -> None:
        data = b"x" * 358
        self.assertEqual(self.epochs[1].open(self.send(0, data))[1], data)

    def test_order_does_not_matter_and_a_replay_is_a_miss(self) -> None:
        envelopes = [self.send(0, b"%d" % n) for n in range(20)]
        for number in (7, 3, 19, 0, 18):
            found = self.epochs[1].open(envelopes[number])
            self.assertEqual(found[1], b"%d" % number)
            with self.assertRaises(Miss):
                self.epochs[1].open(envelopes[number])

    def test_window(self) -> None:
        envelopes = [self.send(0, b"") for _ in range(80)]
        with self.assertRaises(Miss):
            self.epochs[1].open(envelopes[32])
        self.epochs[1].open(envelopes[31])
        with self.assertRaises(Miss):
            self.epochs[1].open(envelopes[64])
        self.epochs[1].open(envelopes[63])

    def test_control_chain_is_another_with_a_wider_window(self) -> None:
        control = self.control[0].sending
        envelopes = [control.seal(HEAD, 480, value("s", 8), b"op") for _ in range(65)]
        for epoch in (self.epochs[1], self.control[1]):
            with self.assertRaises(Miss):
                epoch.open(envelopes[64])
        with self.assertRaises(Miss):
            self.epochs[1].open(envelopes[0])
        self.assertEqual(self.control[1].open(envelopes[63]), (name(0), b"op"))

    def test_each_flipped_bit_is_refused_and_changes_nothing(self) -> None:
        envelope = self.send(0, b"data")
        for copy in flips(envelope):
            with self.assertRaises((Refused, Miss)):
                self.epochs[1].open(copy)
        self.assertEqual(self.epochs[1].open(envelope)[1], b"data")

    def test_member_cannot_write_as_another(self) -> None:
        """Every member knows every chain: the signature tells them apart."""
        operation = rekey.open_(GID, {}, [mk(1)], found())
        forger = Epoch(GID, operation, name(0), gsk(1), False)
        envelope = forger.sending.seal(HEAD, 480, value("s", 8), b"forged")
        with self.assertRaises(Refused):
            self.epochs[2].open(envelope)

    def test_public_keys_are_what_the_roster_says(self) -> None:
        self.assertEqual(member(1).mk, x25519_public(mk(1)))

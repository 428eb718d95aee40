"""Cards, codes, bundles, knocks and posts: they open, and altered ones do not."""

import pathlib
import unittest
from collections.abc import Callable
from dataclasses import replace

from twin import bundle, channel, knock, qr, verification, xwing
from twin.card import Identity, link, read_card, read_link
from twin.envelope import CLASS_KEYS, CLASS_TEXT, envelope_id, header, pad, unpad
from twin.inner import KIND_TEXT, Inner, decode, encode, piece, read_piece
from twin.primitives import Refused, x25519_public, xaead_open, xaead_seal
from twin.ratchet import Miss
from twin.tests.sample import flips, person, value

VECTORS = pathlib.Path(__file__).parents[4] / "testdata" / "vectors"
DAY = 20_780
HEAD = header(CLASS_TEXT, 5_985_000)


def vectors(name: str) -> dict[str, str]:
    """The fields of a file of vectors."""
    lines = (VECTORS / f"{name}.txt").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith("#"))


class Opens(unittest.TestCase):
    def refuses_all(
        self, copies: list[bytes], open_one: Callable[[bytes], object]
    ) -> None:
        """Asserts that none of the copies opens."""
        self.assertGreater(len(copies), 0)
        for copy in copies:
            with self.assertRaises(Refused):
                open_one(copy)


class Padding(Opens):
    def test_every_length_comes_back(self) -> None:
        for length in range(99):
            self.assertEqual(unpad(pad(b"x" * length, 100)), b"x" * length)

    def test_pad_that_is_not_zero_is_refused(self) -> None:
        padded = pad(b"data", 40)
        self.refuses_all([padded[:6] + copy for copy in flips(padded[6:])], unpad)

    def test_length_beyond_the_end_is_refused(self) -> None:
        self.refuses_all([b"\x03\x00ab", b"\xff\xff", b"\x00", b""], unpad)


class Messages(Opens):
    def test_vectors_come_out_again(self) -> None:
        for name, text in vectors("inner").items():
            with self.subTest(name=name):
                raw = bytes.fromhex(text)
                self.assertEqual(encode(decode(raw, in_channel=True)), raw)

    def test_message_of_a_session_comes_back(self) -> None:
        body = piece(0, 1, "Où ?".encode())
        inner = Inner(KIND_TEXT, value("id", 16), 251, 1 << 40, 70_000, 1, 0, "", body)
        self.assertEqual(decode(encode(inner), in_channel=False), inner)
        self.assertEqual(read_piece(body), (0, 1, "Où ?".encode()))

    def test_other_encodings_are_refused(self) -> None:
        raw = bytes.fromhex(vectors("inner")["short"])
        session = raw[:18] + b"\x01" + raw[19:]
        longer_form = raw[:1] + b"\xfb\x01\x00" + raw[2:]
        copies = [raw + b"\0", raw[:-1], session, longer_form, b"\x02" + raw[1:], b""]
        self.refuses_all(copies, lambda copy: decode(copy, in_channel=True))


class Cards(Opens):
    def test_vector_comes_out(self) -> None:
        fields = vectors("card")
        seed, secret = (bytes.fromhex(fields[key]) for key in ("seed", "card_secret"))
        name = bytes.fromhex(fields["name"]).decode()
        card = Identity(seed).card(secret, name)
        self.assertEqual(card.hex(), fields["card"])
        self.assertEqual(read_card(card).card_id.hex(), fields["id"])

    def test_link_comes_back(self) -> None:
        _, card = person("Aïda")
        self.assertEqual(read_link(link(card.raw)), card)
        with self.assertRaises(Refused):
            read_link(link(card.raw)[:-1])

    def test_each_flipped_bit_is_refused(self) -> None:
        _, card = person("Aïda")
        self.refuses_all(list(flips(card.raw)), read_card)

    def test_name_with_something_unseen_is_refused(self) -> None:
        for character in "\n\u00ad\u200d\u202e\u2800\ufeff\U000e0041":
            raw = Identity(value("seed")).card(value("secret"), f"A{character}a")
            with self.assertRaises(Refused):
                read_card(raw)

    def test_each_flipped_bit_of_a_code_is_refused(self) -> None:
        owner, card = person("Aïda")
        prekey, secret = x25519_public(value("ospk")), value("ots", 16)
        text = qr.make(owner, card.raw, prekey, secret, value("xek", 1_216))
        code = qr.read(text)
        self.assertEqual(
            (code.card, code.prekey, code.one_time_secret), (card, prekey, secret)
        )
        raw = qr.read_base45(text[len(qr.PREFIX) :])
        copies = list(flips(raw))
        self.refuses_all(copies, lambda raw: qr.read(qr.PREFIX + qr.base45(raw)))


class Channels(Opens):
    def test_posts_come_out(self) -> None:
        for size in (480, 1_920):
            with self.subTest(size=size):
                fields = vectors(f"post_{size}")
                root, seed, nonce, inner, envelope = (
                    bytes.fromhex(fields[key])
                    for key in ("root", "pseudonym_seed", "nonce", "inner", "envelope")
                )
                day, slot = int(fields["day"]), int(fields["slot"])
                sealed = channel.seal(
                    root, day, slot, seed, envelope[:16], nonce, size, inner
                )
                self.assertEqual(sealed, envelope)
                post = channel.open_(root, day, slot, envelope)
                self.assertEqual(post.raw, inner)
                self.assertEqual(post.pseudonym.hex(), fields["author"])

    def test_roots_come_out(self) -> None:
        fields = vectors("channel_roots")
        for name in (fields["name"], "#NEARBY"):
            self.assertEqual(channel.public_root(name).hex(), fields["public_root"])
        phrase = fields["phrase"].upper().replace(" ", "\t ")
        self.assertEqual(channel.phrase_root(phrase).hex(), fields["phrase_root"])

    def test_each_flipped_bit_of_a_post_is_refused(self) -> None:
        fields = vectors("post_480")
        root, envelope = (bytes.fromhex(fields[key]) for key in ("root", "envelope"))
        copies = list(flips(envelope))
        self.refuses_all(copies, lambda copy: channel.open_(root, DAY, 5, copy))

    def test_post_of_another_day_is_refused(self) -> None:
        fields = vectors("post_480")
        root, envelope = (bytes.fromhex(fields[key]) for key in ("root", "envelope"))
        with self.assertRaises(Refused):
            channel.open_(root, DAY + 1, 5, envelope)


class FirstContact(Opens):
    """Bob offers, Aïda knocks."""

    def setUp(self) -> None:
        self.bob, self.bob_card = person("Bob")
        self.aida, self.aida_card = person("Aïda")
        self.spk, self.xek_seed = value("spk"), value("xek seed")
        self.xek = xwing.public_key(self.xek_seed)
        self.raw = bundle.make(
            self.bob, self.bob_card, x25519_public(self.spk), self.xek, DAY
        )
        self.way = knock.Way(DAY, 63, HEAD, value("nonce", 24), value("salt", 8))

    def offer(self, kind: int) -> tuple[knock.Offer, knock.Prekeys]:
        """What a stranger knows of Bob, and what he keeps for it."""
        coded = kind in (knock.KIND_CODE, knock.KIND_CODE_XWING)
        secret = value("ots", 16) if coded else None
        public = x25519_public(self.spk)
        source = self.raw if kind == knock.KIND_BUNDLE else public
        offer = knock.Offer(kind, self.bob_card, public, source, self.xek, secret)
        contact = self.aida_card.card_id
        return offer, knock.Prekeys(
            kind, self.spk, source, self.xek_seed, secret, DAY, contact
        )

    def begin(self, kind: int) -> tuple[knock.Started, knock.Prekeys]:
        """A knock of Aïda that was not sent yet, and what Bob needs to open it."""
        offer, keys = self.offer(kind)
        card, seed = self.aida_card.raw, value("eseed", 64)
        started = knock.begin(
            self.aida, card, offer, value("ek"), seed, value("ratchet")
        )
        return started, keys

    def knocked(self, kind: int) -> tuple[bytes, knock.Prekeys]:
        """The same, sent."""
        started, keys = self.begin(kind)
        return knock.seal(started, self.way, b"hello"), keys

    def open(
        self, envelope: bytes, keys: knock.Prekeys | None, day: int = DAY
    ) -> knock.Received:
        """Bob opens it."""
        return knock.open_(
            self.bob, self.bob_card, day, 63, envelope, lambda kind, name: keys, 0
        )

    def test_bundle_opens_and_each_flipped_bit_is_refused(self) -> None:
        head = header(CLASS_KEYS, 5_985_000)
        secret = self.bob_card.card_secret
        envelope = bundle.seal(head, value("n", 24), secret, DAY, self.raw)
        found = bundle.open_(envelope, self.bob_card, DAY)
        self.assertEqual((found.prekey, found.xek), (x25519_public(self.spk), self.xek))
        copies = list(flips(envelope))
        self.refuses_all(copies, lambda raw: bundle.open_(raw, self.bob_card, DAY))
        copies = list(flips(self.raw, 5))
        self.refuses_all(copies, lambda raw: bundle.read(raw, self.bob_card))

    def test_bundle_sealed_again_on_another_day_is_refused(self) -> None:
        secret = self.bob_card.card_secret
        envelope = bundle.seal(HEAD, value("n", 24), secret, DAY + 1, self.raw)
        with self.assertRaises(Refused):
            bundle.open_(envelope, self.bob_card, DAY + 1)

    def test_knock_opens_and_the_session_goes_both_ways(self) -> None:
        for kind in (1, 2, 3, 4):
            with self.subTest(kind=kind):
                started, keys = self.begin(kind)
                envelope = knock.seal(started, self.way, b"hello")
                self.assertEqual(len(envelope), 1_920)
                received = self.open(envelope, keys)
                self.assertEqual(received.card, self.aida_card)
                self.assertEqual(received.first.data, b"hello")
                self.assertEqual(received.secret, started.secret)
                self.assertEqual(received.proven, kind in (2, 3))
                salt = value("s", 8)
                answer = received.session.seal(
                    HEAD, 480, salt, b"who?", lambda: value("bob ratchet")
                )
                self.assertEqual(started.session.open(answer, 0).data, b"who?")

    def test_most_data_fits_and_no_more(self) -> None:
        for kind, most in ((1, 359), (2, 359), (3, 1_479), (4, 1_479)):
            with self.subTest(kind=kind):
                knock.seal(self.begin(kind)[0], self.way, bytes(most))
                with self.assertRaises(ValueError):
                    knock.seal(self.begin(kind)[0], self.way, bytes(most + 1))

    def test_each_flipped_bit_of_a_knock_is_refused(self) -> None:
        envelope, keys = self.knocked(knock.KIND_BUNDLE)
        self.refuses_all(list(flips(envelope)), lambda copy: self.open(copy, keys))

    def test_flipped_bit_under_the_outer_seal_is_refused(self) -> None:
        """Whoever holds the card can make the outer seal: the inner ones hold too."""
        envelope, keys = self.knocked(knock.KIND_BUNDLE)
        outer = knock.outer_key(self.bob_card.card_secret, DAY)
        clear = envelope[:32]
        plain = xaead_open(outer, envelope[32:], clear)
        for copy in flips(plain, 61):
            envelope = clear + xaead_seal(outer, value("n", 24), copy, clear)
            # A tag of the ratchet that is not known is a miss, not a refusal.
            with self.assertRaises((Refused, Miss)):
                self.open(envelope, keys)

    def test_knock_with_a_prekey_that_does_not_serve_is_refused(self) -> None:
        stranger, tomorrow = value("stranger"), DAY + 1
        for kind, changes in (
            (knock.KIND_CODE, None),
            (knock.KIND_CODE, {"private": value("another prekey")}),
            (knock.KIND_BUNDLE, {"bundle_day": DAY - 2}),
            (knock.KIND_BUNDLE, {"bundle_day": tomorrow}),
            (knock.KIND_RECOVERY, {"contact": stranger}),
            (knock.KIND_CODE_XWING, {"kind": knock.KIND_CODE}),
        ):
            envelope, keys = self.knocked(kind)
            used = None if changes is None else replace(keys, **changes)
            with self.subTest(kind=kind, changes=changes), self.assertRaises(Refused):
                self.open(envelope, used)

    def test_nobody_knocks_at_themselves(self) -> None:
        offer, _ = self.offer(knock.KIND_CODE)
        with self.assertRaises(Refused):
            knock.begin(
                self.bob, self.bob_card.raw, offer, value("ek"), b"", value("ratchet")
            )

    def test_crossing_knocks_have_one_winner(self) -> None:
        one, other = (1, value("h 1")), (2, value("h 2"))
        self.assertNotEqual(
            knock.wins_crossing(one, other), knock.wins_crossing(other, one)
        )
        self.assertTrue(knock.wins_crossing(one, (3, value("h 2"))))
        self.assertFalse(knock.wins_crossing((4, bytes(32)), other))


class Verification(unittest.TestCase):
    def test_both_sides_see_one_string_and_a_changed_value_another(self) -> None:
        key, mine, theirs = value("vk"), value("r_a"), value("r_b")
        string = verification.sas(key, mine, theirs)
        self.assertEqual(len(verification.words(string)), 6)
        self.assertNotEqual(string, verification.sas(key, theirs, mine))
        verification.check_commitment(verification.commitment(mine), mine)
        with self.assertRaises(Refused):
            verification.check_commitment(verification.commitment(mine), theirs)

    def test_words_are_64_in_order(self) -> None:
        self.assertEqual(len(set(verification.WORDS)), 64)
        self.assertEqual(verification.WORDS, sorted(verification.WORDS))

    def test_exchange_refuses_another_opening_and_an_echo(self) -> None:
        cards = [person(name)[1].raw for name in ("Aïda", "Bob")]
        prekey = x25519_public(value("ospk"))
        opening, answer = (verification.hello(c, prekey, value("r")) for c in cards)
        commit = verification.nearby_commitment(opening)
        self.assertEqual(len(verification.nearby_sas(commit, answer, opening)), 5)
        with self.assertRaises(Refused):
            verification.nearby_sas(commit, answer, answer)
        with self.assertRaises(Refused):
            verification.read_hello(opening, opening)

    def test_symbols_are_the_first_bits(self) -> None:
        self.assertEqual(
            verification.symbols(bytes.fromhex("fc0000000f")), [63, 0, 0, 0, 0, 0]
        )
        self.assertEqual(
            verification.symbols(bytes.fromhex("0410861ff7")), [1, 1, 2, 6, 7, 63]
        )

    def test_safety_number_does_not_depend_on_the_side(self) -> None:
        (_, one), (_, other) = person("Aïda"), person("Bob")
        pairs = [(card.card_id, card.keys) for card in (one, other)]
        number = verification.safety_number(*pairs)
        self.assertEqual(number, verification.safety_number(*reversed(pairs)))
        self.assertEqual(len(number), 60)


class Envelopes(unittest.TestCase):
    def test_id_covers_every_bit(self) -> None:
        envelope = HEAD + bytes(464)
        ids = {envelope_id(copy) for copy in flips(envelope)}
        self.assertEqual(len(ids), 8 * 480)
        self.assertNotIn(envelope_id(envelope), ids)

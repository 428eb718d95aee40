"""Published values, and those of section 12 of the crypto page."""

import unittest

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from kyber_py.ml_kem import ML_KEM_768

from twin import channel, hpke, labels, ratchet, rekey, verification, xwing
from twin.primitives import (
    Refused,
    aead_open,
    aead_seal,
    hkdf,
    sha256,
    sign,
    u16,
    verify,
    x25519,
    xaead_seal,
)
from twin.qr import base45, read_base45
from twin.tests.sample import value

COUNT = bytes(range(32))


class Rfc5869(unittest.TestCase):
    def test_first_case(self) -> None:
        salt, info = bytes(range(13)), bytes(range(0xF0, 0xFA))
        okm = hkdf(salt, b"\x0b" * 22, info, 42)
        self.assertEqual(
            okm.hex(),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865",
        )

    def test_third_case_has_no_salt(self) -> None:
        okm = hkdf(b"", b"\x0b" * 22, b"", 42)
        self.assertEqual(
            okm.hex(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8",
        )


class Rfc9180(unittest.TestCase):
    """Appendix A.2.1."""

    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    ikm_e = bytes.fromhex(
        "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"
    )
    sk_r = bytes.fromhex(
        "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
    )
    pk_r = bytes.fromhex(
        "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    )
    plain = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")

    def test_key_pair_follows_from_the_randomness(self) -> None:
        self.assertEqual(
            hpke.derive_private(self.ikm_e).hex(),
            "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
        )

    def test_key_schedule_and_first_message(self) -> None:
        enc = hpke.seal(self.pk_r, self.plain, self.info, self.ikm_e)[:32]
        secret = hpke.shared_secret(x25519(self.sk_r, enc), enc, self.pk_r)
        self.assertEqual(
            secret.hex(),
            "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
        )
        key, nonce = hpke.key_and_nonce(secret, self.info)
        self.assertEqual(nonce.hex(), "5c4d98150661b848853b547f")
        sealed = aead_seal(key, self.plain, b"Count-0", nonce)
        self.assertEqual(
            sealed.hex(),
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
            "21993c62ce81883d2dd1b51a28",
        )

    def test_sealed_message_opens(self) -> None:
        sealed = hpke.seal(self.pk_r, self.plain, self.info, self.ikm_e)
        self.assertEqual(hpke.open_(self.sk_r, sealed, self.info), self.plain)


class XWing(unittest.TestCase):
    """The first vector of the draft, and ML-KEM by a second library."""

    seed = bytes.fromhex(
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
    )
    eseed = bytes.fromhex(
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
        "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2"
    )
    secret = "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384"

    def test_encapsulation(self) -> None:
        public = xwing.public_key(self.seed)
        secret, ciphertext = xwing.encapsulate(public, self.eseed)
        self.assertEqual(secret.hex(), self.secret)
        self.assertEqual(xwing.decapsulate(self.seed, ciphertext).hex(), self.secret)

    def test_ml_kem_of_both_libraries_agrees(self) -> None:
        seed = value("ml-kem seed", 64)
        private = MLKEM768PrivateKey.from_seed_bytes(seed)
        public = private.public_key().public_bytes_raw()
        self.assertEqual(public, bytes(ML_KEM_768.key_derive(seed)[0]))
        secret, ciphertext = ML_KEM_768._encaps_internal(public, value("ml-kem m"))
        self.assertEqual(private.decapsulate(bytes(ciphertext)), bytes(secret))

    def test_key_with_a_coefficient_out_of_range_is_refused(self) -> None:
        public = b"\xff" * 3 + xwing.public_key(self.seed)[3:]
        with self.assertRaises(Refused):
            xwing.encapsulate(public, self.eseed)


class Curves(unittest.TestCase):
    def test_low_order_keys_are_refused(self) -> None:
        """Each point of small order, and the same beyond the field's size."""
        prime = 2**255 - 19
        eighth = (
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        )
        points = [n.to_bytes(32, "little") for n in (0, 1, prime - 1, prime, prime + 1)]
        for point in [*points, *map(bytes.fromhex, eighth)]:
            with self.subTest(point=point.hex()), self.assertRaises(Refused):
                x25519(value("any private key"), point)

    def test_malleable_signature_is_refused(self) -> None:
        order = 2**252 + 27742317777372353535851937790883648493
        signature = sign(COUNT, b"message")
        public = bytes.fromhex(
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
        )
        verify(public, signature, b"message")
        scalar = int.from_bytes(signature[32:], "little") + order
        for wrong in (
            signature[:32] + scalar.to_bytes(32, "little"),
            bytes(64),
            b"\x01" + bytes(63),
        ):
            with self.assertRaises(Refused):
                verify(public, wrong, b"message")

    def test_small_order_signing_key_is_refused(self) -> None:
        """With the neutral point as key and R, and S = 0, the equation holds."""
        neutral = b"\x01" + bytes(31)
        with self.assertRaises(Refused):
            verify(neutral, neutral + bytes(32), b"message")


class Base45(unittest.TestCase):
    """RFC 9285, section 4.3 and 4.4."""

    def test_published_values(self) -> None:
        for plain, text in (
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
        ):
            self.assertEqual(base45(plain.encode()), text)
            self.assertEqual(read_base45(text).decode(), plain)

    def test_what_is_no_encoding_is_refused(self) -> None:
        for text in ("A", "GGW", ":::", "ab0", "::"):
            with self.subTest(text=text), self.assertRaises(Refused):
                read_base45(text)


class Page(unittest.TestCase):
    """Section 12, "Known answers", and libsignal's safety number."""

    def test_ratchet_keys(self) -> None:
        root, chain, head = ratchet.kdf_root(COUNT, bytes(range(32, 64)))
        key, _ = ratchet.kdf_chain(chain)
        next_head, tag, header_key = ratchet.kdf_head(head)
        body = ratchet.body_key(key, bytes(range(8)))
        found = [root, chain, head, key, body, next_head, tag, header_key]
        self.assertEqual(
            [item.hex() for item in found],
            [
                "c978f546ed213806e5897d2bb45d8c3f477af1f7e6db2bf6ab5363ad6539cf91",
                "05ed57433d44aa18cc4ea92e3bde01fc8e7ad64540cd639439141b252a5a79bd",
                "79b9e1486cfe252305409e3f7c080b4422e24323676d141ad72c6d06a9f5c964",
                "133cf25afc4eaaba796f21da6fb3e89d2db00330be4f80a8ee87e0d1e3beddb4",
                "9ee24d0ddf4442a465cb90d97705c51dd311367e2632a0d072ca6ff8b11de68d",
                "859a310a76c449a15b9445a15eb2523a4ef0d555973bf10c527371f24b84025b",
                "7b2e17fc51a1e0f882b540b7121540a8",
                "4fdf5c8ba4c93278601b12fc6797dedb7c3f84d94c9c26a5e81e4985462826f9",
            ],
        )

    def test_group_keys(self) -> None:
        """The page's `m=7` stands as two bytes where a member id stands now."""
        chain, head = rekey.chain_keys(labels.GROUP_SEND, sha256(b"eid"), COUNT, u16(7))
        self.assertEqual(
            chain.hex(),
            "9e12a0f01a009e68d037a1fc0299c763280689336b65eecc56edf90c74b8ec89",
        )
        _, tag, _ = ratchet.kdf_head(head)
        self.assertEqual(tag.hex(), "f0768374538b80bdf5c406b68fafe5ea")

    def test_channel_keys(self) -> None:
        root = b"\x42" * 32
        self.assertEqual(
            channel.day_keys(root, 20_780)[0].hex(),
            "4b52317c162be5d5f2e06e760248f61ced0aab2c0a6e77620519eb9b48ce1656",
        )
        tag = channel.tag(root, 20_780, 5)
        self.assertEqual(tag.hex(), "9eea74b0de57ea3a3728388fc0ba1ef0")

    def test_safety_number_of_libsignal(self) -> None:
        alice = bytes.fromhex(
            "0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868"
        )
        bob = bytes.fromhex(
            "05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b"
        )
        number = verification.safety_number(
            (b"+14152222222", alice), (b"+14153333333", bob)
        )
        self.assertEqual(
            number, "300354477692869396892869876765458257569162576843440918079131"
        )


class Seals(unittest.TestCase):
    def test_xchacha_of_the_draft(self) -> None:
        """draft-irtf-cfrg-xchacha, A.3.1."""
        plain = (
            b"Ladies and Gentlemen of the class of '99: If I could offer you "
            b"only one tip for the future, sunscreen would be it."
        )
        aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
        key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
        sealed = xaead_seal(key, nonce, plain, aad)
        self.assertEqual(sealed[-16:].hex(), "c0875924c1c7987947deafd8780acf49")

    def test_too_short_is_refused(self) -> None:
        for length in range(16):
            with self.assertRaises(Refused):
                aead_open(COUNT, bytes(length), b"")

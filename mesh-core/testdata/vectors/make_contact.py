"""Writes contact.txt and the knocks in this folder from docs/protocol alone.

A second implementation of first contact, sharing no code with the first:
`cryptography` for Ed25519, X25519, HKDF and ChaCha20-Poly1305, PyNaCl for
XChaCha20-Poly1305, kyber-py for ML-KEM-768. What is random is constant: the n-th
draw of a knock is all bytes n. Running it again changes nothing:

    pip install cryptography pynacl kyber-py && python3 make_contact.py

`tests/contact_vectors.rs` replays what it writes. A vector changes only with the
protocol version.
"""

import base64
import hashlib
import hmac
import pathlib
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from kyber_py.ml_kem import ML_KEM_768
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as xchacha

HERE = pathlib.Path(__file__).parent
DAY = 20_780
HEADER = bytes([1, 3, 0, 0]) + struct.pack("<I", 5_985_000) + bytes(8)
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
WORDS = (
    "anchor balloon banana bathtub bee bell boot camel camera candle castle cherries "
    "clover cow crocodile crown cup diamond dice door dress elephant envelope eye fork "
    "frog gear ghost grapes hammer hand helicopter house key leaf lightning lollipop "
    "microphone moon mushroom octopus palm penguin piano pineapple radio rainbow ring "
    "sailboat scales scissors shell snail snake snowman spider star telephone tent "
    "tractor umbrella violin volcano whale"
).split()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def hkdf(salt, key, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def expand(key, info, length):
    return HKDFExpand(hashes.SHA256(), length, info).derive(key)


def seal(key, plain, aad):
    return ChaCha20Poly1305(key).encrypt(bytes(12), plain, aad)


def padded(data, length):
    return (struct.pack("<H", len(data)) + data).ljust(length, b"\0")


def x25519(secret, public):
    key = X25519PrivateKey.from_private_bytes(secret)
    return key.exchange(X25519PublicKey.from_public_bytes(public))


def x25519_public(secret):
    key = X25519PrivateKey.from_private_bytes(secret)
    return key.public_key().public_bytes_raw()


def base45(data):
    text = ""
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text += BASE45[digit]
    return text


def words(bits):
    number = int.from_bytes(bits, "big") >> 4
    return " ".join(WORDS[number >> shift & 63] for shift in range(30, -1, -6))


class XWing:
    """draft-connolly-cfrg-xwing-kem, §5."""

    def __init__(self, seed):
        stream = hashlib.shake_256(seed).digest(96)
        self.mlkem_public, _ = ML_KEM_768.key_derive(stream[:64])
        self.x_public = x25519_public(stream[64:])
        self.public = self.mlkem_public + self.x_public

    def encapsulate(self, drawn):
        shared_m, sent_m = ML_KEM_768._encaps_internal(self.mlkem_public, drawn[:32])
        sent_x = x25519_public(drawn[32:])
        shared_x = x25519(drawn[32:], self.x_public)
        mixed = shared_m + shared_x + sent_x + self.x_public + b"\\.//^\\"
        return sent_m + sent_x, hashlib.sha3_256(mixed).digest()


class Person:
    def __init__(self, seed, secret, name):
        self.seed, self.secret, self.name = seed, secret, name
        sign = hkdf(bytes(32), seed, b"starling/1 id sign", 32)
        self.sign = Ed25519PrivateKey.from_private_bytes(sign)
        self.dh = hkdf(bytes(32), seed, b"starling/1 id dh", 32)
        self.dh_public = x25519_public(self.dh)
        keys = self.sign.public_key().public_bytes_raw() + self.dh_public
        name = name.encode()
        body = bytes([1]) + keys + secret + bytes([len(name)]) + name.ljust(24, b"\0")
        self.card = body + self.sign.sign(b"starling/1 card" + body)
        self.keys, self.id = keys, sha(keys)


def to_card(card_secret, purpose, tag_info, plain, nonce):
    """An envelope that whoever has the card opens."""
    day = struct.pack("<I", DAY)
    tag = mac(card_secret, b"starling/1 ", tag_info)[:16]
    info = b"starling/1 " + purpose + b" key" + day
    key = hkdf(bytes(32), card_secret, info, 32)
    clear = HEADER + tag
    return clear + nonce + xchacha(plain, clear, nonce, key)


def first_message(shared, prekey, parties, length, data, ratchet, salt):
    """The first message of the session (docs/protocol/crypto.md, the session)."""
    start = hkdf(bytes(32), shared, b"starling/1 session", 96)
    step = hkdf(start[:32], x25519(ratchet, prekey), b"starling/1 root", 96)
    head = expand(start[32:64], b"starling/1 head", 80)
    tag, header_key = head[32:48], head[48:]
    aad = parties + struct.pack("<H", length)
    message = HEADER + tag + salt
    key = expand(header_key, b"starling/1 hseal" + salt, 32)
    message += seal(key, x25519_public(ratchet) + bytes(4), message + aad)
    key = expand(mac(step[32:64], b"\x01"), b"starling/1 body" + salt, 32)
    plain = padded(data, length - len(message) - 16)
    return message + seal(key, plain, message + aad)


def knock(a, b, kind, prekey, keys_hash, kem=None, token=None):
    draws = [bytes([n]) for n in range(1, 8)]
    ephemeral = draws.pop(0) * 32
    sent, shared_kem = kem.encapsulate(draws.pop(0) * 64) if kem else (b"", b"")
    head = bytes([kind]) + sha(b"starling/1 prekey id", prekey)[:8]
    head += x25519_public(ephemeral) + sent
    transcript = sha(head, b.id, keys_hash)
    dh = [x25519(a.dh, prekey), x25519(ephemeral, b.dh_public), x25519(ephemeral, prekey)]
    key = hkdf(transcript, dh[1] + dh[2] + shared_kem, b"starling/1 knock id", 32)
    proof = mac(token, transcript)[:16] if token else bytes(16)
    c1 = seal(key, a.card + proof, transcript)
    info = b"starling/1 x3dh" + sha(transcript, c1)
    shared = hkdf(bytes(32), bytes([0xFF] * 32) + b"".join(dh) + shared_kem, info, 32)
    head += c1
    parties = min(a.id, b.id) + max(a.id, b.id)
    data = "Où est l’eau ?".encode()
    ratchet, salt, slot, nonce = draws.pop(0) * 32, draws.pop(0) * 8, draws.pop(0), draws.pop(0) * 24
    length = 1_848 - len(head)
    plain = head + first_message(shared, prekey, parties, length, data, ratchet, salt)
    tag_info = b"knock" + struct.pack("<I", DAY) + slot
    verify = expand(shared, b"starling/1 verify", 32)
    return {
        "head": head,
        "envelope": to_card(b.secret, b"knock", tag_info, plain, nonce),
        "session_id": sha(shared),
        "verify": verify,
        "return_code": "SL1R:" + base45(expand(verify, b"starling/1 confirm", 32)),
        "recovery_proof": mac(bytes([0x66] * 32), sha(shared)),
    }


def digits(person):
    value = hashlib.sha512(bytes(2) + person.keys + person.id + person.keys).digest()
    for _ in range(1, 5_200):
        value = hashlib.sha512(value + person.keys).digest()
    groups = [value[start : start + 5] for start in range(0, 30, 5)]
    return "".join(f"{int.from_bytes(group, 'big') % 100_000:05}" for group in groups)


def write(file, must, fields):
    lines = [f"# {line}" for line in must]
    lines += [
        f"{key}: {value.hex() if isinstance(value, bytes) else value}"
        for key, value in fields.items()
    ]
    (HERE / f"{file}.txt").write_text("\n".join(lines) + "\n")


def main():
    a = Person(bytes([7] * 32), bytes([8] * 32), "Aïda")
    b = Person(bytes([2] * 32), bytes([3] * 32), "Bob")
    day = struct.pack("<I", DAY)
    spk, xek_seed = bytes([0x31] * 32), bytes([0x32] * 32)
    kem = XWing(xek_seed)
    made = struct.pack("<Q", DAY * 86_400_000)
    ospk, token, recovery = bytes([0x41] * 32), bytes([0x42] * 16), bytes([0x51] * 32)
    kem_id = sha(kem.public)[:16]

    bundle = x25519_public(spk) + kem.public + day
    bundle += b.sign.sign(b"starling/1 bundle" + b.id + bundle)
    keys = x25519_public(ospk) + token + kem_id
    code = b.card + keys + b.sign.sign(b"starling/1 qr" + b.id + keys)

    at_b = knock(a, b, 1, x25519_public(spk), sha(bundle), kem)
    r_a, r_b = bytes([0x71] * 32), bytes([0x72] * 32)
    bits = hkdf(bytes(32), at_b["verify"] + r_a + r_b, b"starling/1 sas", 5)
    opening = a.card + x25519_public(spk) + bytes([1] * 32)
    answer = b.card + x25519_public(ospk) + bytes([1] * 32)
    commitment = sha(b"starling/1 nearby commit", opening)
    near = hkdf(bytes(32), sha(commitment, answer, opening), b"starling/1 nearby sas", 5)
    write(
        "contact",
        [
            "A (seed_a …) and B: everything must come out as written, from both sides.",
            "The prekeys of B are rows of the store.",
        ],
        {
            "seed_a": a.seed,
            "card_secret_a": a.secret,
            "name_a": a.name,
            "seed_b": b.seed,
            "card_secret_b": b.secret,
            "name_b": b.name,
            "link_a": "starling:c/" + base64.urlsafe_b64encode(a.card).decode(),
            "header": HEADER,
            "day": DAY,
            "day_prekey": day + spk + xek_seed,
            "one_time_prekey": made + day + ospk + token,
            "recovery_prekey": recovery,
            "code_b": "SL1:" + base45(code),
            "bundle": bundle,
            "bundle_envelope": to_card(
                b.secret, b"bundle", b"bundle tag" + day, padded(bundle, 1_848), bytes([1] * 24)
            ),
            "knock_tag_slot_63": mac(b.secret, b"starling/1 knock", day, bytes([63]))[:16],
            "sas_r_a": r_a,
            "sas_r_b": r_b,
            "sas_commitment": sha(b"starling/1 sas commit", r_a),
            "sas_words": words(bits),
            "nearby_commitment": commitment,
            "nearby_words": words(near),
            "safety_number": "".join(sorted([digits(a), digits(b)])),
        },
    )
    knocks = {
        "bundle": at_b,
        "code": knock(a, b, 2, x25519_public(ospk), sha(x25519_public(ospk)), kem, token),
        "code_classic": knock(a, b, 3, x25519_public(ospk), sha(x25519_public(ospk)), token=token),
        "recovery": knock(a, b, 4, x25519_public(recovery), sha(x25519_public(recovery))),
    }
    for kind, fields in knocks.items():
        must = [
            "A of contact.txt knocks at B: the same bytes must come out, and open.",
            "The recovery secret of the proof is 32 bytes of 0x66.",
        ]
        write(f"knock_{kind}", must, fields)


def check_x_wing():
    """The published vectors, before anything is built on it."""
    lines = (HERE / "x_wing.txt").read_text().splitlines()
    field = dict(line.split(": ") for line in lines if not line.startswith("#"))
    for case in range(3):
        get = lambda key: bytes.fromhex(field[f"{key}_{case}"])
        kem = XWing(get("seed"))
        assert kem.public == get("pk")
        assert kem.encapsulate(get("eseed")) == (get("ct"), get("ss"))


check_x_wing()
main()

"""Writes the vectors in this folder from docs/protocol alone.

A second implementation, sharing no code with the first: `cryptography` for
Ed25519, X25519, HKDF and ChaCha20-Poly1305, PyNaCl for XChaCha20-Poly1305, argon2-cffi for Argon2id.
Inputs are constants, so running it again changes nothing:

    pip install cryptography pynacl argon2-cffi && python3 make.py

`tests/wire_vectors.rs` replays what it writes. A vector changes only with the
protocol version.
"""

import hashlib
import hmac
import pathlib
import struct

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as xchacha

HERE = pathlib.Path(__file__).parent
ROOT = bytes([0x42] * 32)
DAY = 20_780
PSEUDONYM_SEED = bytes([3] * 32)
HEADER = bytes([1, 1, 0, 0]) + struct.pack("<I", 5_985_000) + bytes(8)
SLOT = 5


def hkdf(key, info, length):
    return HKDF(hashes.SHA256(), length, None, info).derive(key)


def write(file, must, /, **fields):
    lines = [f"# {line}" for line in must]
    lines += [
        f"{key}: {value.hex() if isinstance(value, bytes) else value}"
        for key, value in fields.items()
    ]
    (HERE / f"{file}.txt").write_text("\n".join(lines) + "\n")


def varint(value):
    if value <= 250:
        return bytes([value])
    for marker, form, limit in ((251, "<H", 16), (252, "<I", 32), (253, "<Q", 64)):
        if value < 1 << limit:
            return bytes([marker]) + struct.pack(form, value)
    raise ValueError(value)


def inner(message_id, sent, name, body, kind=1):
    numbers = varint(0) + varint(sent) + varint(0) + varint(0) + varint(0)
    name = name.encode()
    parts = [bytes([1]), varint(kind), message_id, numbers]
    parts += [varint(len(name)), name, varint(len(body)), body]
    return b"".join(parts)


def public_bytes(key):
    return key.public_key().public_bytes_raw()


def post(total, body, nonce):
    keys = hkdf(ROOT, b"starling/1 chan" + struct.pack("<I", DAY), 64)
    tag = hmac.digest(keys[32:], struct.pack("<H", SLOT), "sha256")[:16]
    key = Ed25519PrivateKey.from_private_bytes(PSEUDONYM_SEED)
    root_hash = hashlib.sha256(ROOT).digest()
    signature = key.sign(
        b"starling/1 chan post" + root_hash + struct.pack("<I", DAY) + body
    )
    signed = public_bytes(key) + signature + body
    padded = (struct.pack("<H", len(signed)) + signed).ljust(total - 72, b"\0")
    clear = HEADER + tag
    return public_bytes(key), clear + nonce + xchacha(padded, clear, nonce, keys[:32])


def make_channel():
    salt = hashlib.sha256(b"starling/1 chan").digest()[:16]
    phrase = "legal winner thank year wave sausage"
    root = hash_secret_raw(phrase.encode(), salt, 3, 256 * 1024, 4, 32, Type.ID)
    write(
        "channel_roots",
        ["Both roots must come out as written."],
        name="nearby",
        public_root=hashlib.sha256(b"starling/1 chan public" + b"nearby").digest(),
        phrase=phrase,
        phrase_root=root,
    )


def make_posts():
    message_id = bytes(range(16))
    sent = 1_795_000_000_000
    short = inner(message_id, sent, "Aïda", b"\x00\x01" + "Où est l’eau ?".encode())
    long = inner(message_id, sent, "", b"\x01\x02" + b"x" * 1_000)
    sos = inner(message_id, sent, "Aïda", b"\x00\x01" + "Où est l’eau ?".encode(), kind=2)
    unknown = inner(message_id, 0, "", b"", kind=60_000)
    write(
        "inner",
        ["Each message must decode, and encode to the same bytes again."],
        short=short,
        long=long,
        sos=sos,
        unknown_kind=unknown,
    )
    for total, body in ((480, short), (1_920, long)):
        author, envelope = post(total, body, bytes([9] * 24))
        write(
            f"post_{total}",
            [
                "The envelope must open under the root and day as `inner` by `author`,",
                "and sealing the same again must give the same bytes.",
            ],
            root=ROOT,
            day=DAY,
            slot=SLOT,
            pseudonym_seed=PSEUDONYM_SEED,
            nonce=bytes([9] * 24),
            author=author,
            inner=body,
            envelope=envelope,
        )


def make_card():
    seed, secret, name = bytes([7] * 32), bytes([8] * 32), "Aïda".encode()
    sign = Ed25519PrivateKey.from_private_bytes(hkdf(seed, b"starling/1 id sign", 32))
    agree = X25519PrivateKey.from_private_bytes(hkdf(seed, b"starling/1 id dh", 32))
    keys = public_bytes(sign) + public_bytes(agree)
    card = bytes([1]) + keys + secret + bytes([len(name)]) + name.ljust(24, b"\0")
    write(
        "card",
        [
            "The card must decode, the identity of the seed must make the same card,",
            "and its id must come out as written.",
        ],
        seed=seed,
        card_secret=secret,
        name=name,
        card=card + sign.sign(b"starling/1 card" + card),
        id=hashlib.sha256(keys).digest(),
    )


def make_vault():
    passphrase, composed = "cafe\u0301 au lait", "caf\u00e9 au lait"
    master, salt = bytes(range(32)), bytes([5] * 16)
    head = b"SLV1" + struct.pack("<III", 64 * 1024, 3, 4) + salt
    kek = hash_secret_raw(composed.encode(), salt, 3, 64 * 1024, 4, 32, Type.ID)
    number, nonce = 6, bytes([6] * 24)
    key = hkdf(kek, b"starling/1 vault slot" + bytes([number]), 32)
    slot = nonce + xchacha(master + bytes(32), head + bytes([number]), nonce, key)
    noise = hashlib.shake_256(b"noise").digest(4_096)
    start = len(head) + number * len(slot)
    vault = head + noise[len(head) : start] + slot + noise[start + len(slot) :]

    database_key, state_key = bytes([0xD0] * 32), bytes([0x57] * 32)
    plain = struct.pack("<Q", 77) + database_key + state_key
    label = b"starling/1 keybag"
    sealed = xchacha(plain.ljust(4_056, b"\0"), label, nonce, hkdf(master, label, 32))
    write(
        "vault",
        [
            "The vault must open with the passphrase, here with its accent as a",
            "letter of its own (NFD), at slot 6; the master key must open the keybag.",
        ],
        passphrase=passphrase.encode(),
        vault=vault,
        keybag=nonce + sealed,
        sequence=77,
        database_key=database_key,
        state_key=state_key,
    )


def noise_hkdf(chain, material):
    """Noise's HKDF with two outputs, over BLAKE2s."""
    secret = hmac.digest(chain, material, "blake2s")
    first = hmac.digest(secret, b"\x01", "blake2s")
    return first, hmac.digest(secret, first + b"\x02", "blake2s")


def noise_seal(key, counter, aad, plain):
    nonce = bytes(4) + struct.pack("<Q", counter)
    return ChaCha20Poly1305(key).encrypt(nonce, plain, aad)


def handshake(caller, called):
    """Both messages of Noise NN, and the key of each direction."""
    name = b"Noise_NN_25519_ChaChaPoly_BLAKE2s"
    chain = hashlib.blake2s(name).digest()
    mix = lambda state, data: hashlib.blake2s(state + data).digest()
    state = mix(chain, b"starling/1 link noise")
    first = public_bytes(caller)
    # An empty payload without a key is hashed like any other.
    state = mix(mix(state, first), b"")
    second = public_bytes(called)
    state = mix(state, second)
    chain, key = noise_hkdf(chain, called.exchange(caller.public_key()))
    second += noise_seal(key, 0, state, b"")
    return first, second, *noise_hkdf(chain, b"")


def record(body):
    return struct.pack("<H", len(body)) + body


def make_link():
    caller_key, called_key = bytes([0x11] * 32), bytes([0x22] * 32)
    keys = [X25519PrivateKey.from_private_bytes(key) for key in (caller_key, called_key)]
    first, second, to_called, to_caller = handshake(*keys)
    called_frame = bytes([13, 2, 0]) + b"hi"
    caller_frame = bytes([13, 0, 0]) * 200
    answer = record(second) + record(noise_seal(to_caller, 0, b"", called_frame))
    reply = record(noise_seal(to_called, 0, b"", caller_frame))
    head = struct.Struct("<HH").pack
    write(
        "datagrams",
        [
            "A link over datagrams of 509 bytes: the caller's first, the answer with a",
            "sealed frame behind it, a sealed frame in two datagrams, and what the called",
            "side says when only the second of them has come. Each side draws its key.",
        ],
        caller_key=caller_key,
        called_key=called_key,
        called_frame=called_frame,
        caller_frame=caller_frame,
        first=head(0, 0) + record(first),
        answer=head(1, 0) + answer,
        reply_1=head(1, 1) + reply[:505],
        reply_2=head(1, 2) + reply[505:],
        gap=struct.pack("<HQ", 1 | 1 << 15, 1),
    )


def expand(key, info, length):
    """HKDF-Expand."""
    block, output = b"", b""
    while len(output) < length:
        block = hmac.digest(key, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


def seal_once(key, plain, aad):
    return ChaCha20Poly1305(key).encrypt(bytes(12), plain, aad)


class Sender:
    """One direction of a session, as far as somebody who only seals needs it."""

    def __init__(self, root, head):
        self.root, self.next_head, self.previous, self.n = root, head, 0, 0

    def begin(self, secret, theirs):
        self.key = X25519PrivateKey.from_private_bytes(secret)
        self.previous, self.n, self.head = self.n, 0, self.next_head
        self.root, self.chain, self.next_head = root_step(self.root, self.key, theirs)

    def seal(self, salt, total, data, associated):
        step = expand(self.head, b"starling/1 head", 80)
        self.head, tag, head_key = step[:32], step[32:48], step[48:]
        body_key = hmac.digest(self.chain, b"\x01", "sha256")
        self.chain = hmac.digest(self.chain, b"\x02", "sha256")
        self.n += 1
        plain = public_bytes(self.key) + struct.pack("<I", self.previous)
        clear = HEADER + tag + salt
        key = expand(head_key, b"starling/1 hseal" + salt, 32)
        clear += seal_once(key, plain, clear + associated)
        padded = (struct.pack("<H", len(data)) + data).ljust(total - 108, b"\0")
        key = expand(body_key, b"starling/1 body" + salt, 32)
        return clear + seal_once(key, padded, clear + associated)


def root_step(root, ours, theirs):
    """The next root, a message chain, and the header chain of the one after it."""
    agreed = ours.exchange(theirs.public_key())
    kdf = HKDF(hashes.SHA256(), 96, root, b"starling/1 root")
    keys = kdf.derive(agreed)
    return keys[:32], keys[32:64], keys[64:]


def make_session():
    shared, prekey = bytes([0x51] * 32), bytes([0x52] * 32)
    card_a, card_b = bytes([0xB0] * 32), bytes([0xA0] * 32)
    both = card_b + card_a
    secrets = {name: bytes([0x60 + at] * 32) for at, name in enumerate(("a1", "b1", "a2"))}
    salts = [bytes([0x70 + at] * 8) for at in range(6)]
    start = hkdf(shared, b"starling/1 session", 96)
    root, head_a, head_b = start[:32], start[32:64], start[64:]
    a, b = Sender(root, head_a), Sender(root, head_b)
    prekey_pair = X25519PrivateKey.from_private_bytes(prekey)

    a.begin(secrets["a1"], prekey_pair)
    knock = both + struct.pack("<H", 700)
    first = a.seal(salts[0], 700, b"inside a knock", knock)
    second = a.seal(salts[1], 480, b"Where are you?", both)
    third = a.seal(salts[2], 1_920, b"x" * 1_810, both)
    # Either side first takes over the other's step, then makes its own.
    b.root, _, _ = root_step(root, prekey_pair, a.key)
    b.begin(secrets["b1"], a.key)
    fourth = b.seal(salts[3], 480, b"At the bridge.", both)
    a.root, _, _ = root_step(a.root, a.key, b.key)
    a.begin(secrets["a2"], b.key)
    fifth = a.seal(salts[4], 480, "Où ?".encode(), both)
    sixth = a.seal(salts[5], 480, b"", both)
    write(
        "session",
        [
            "Two people: A initiates with B's prekey. Each draws `drawn` in this order.",
            "A seals 1 (inside another envelope) to 3, B opens them and seals 4, A opens",
            "it and seals 5 and 6; the envelopes must come out as written and open, in",
            "any order.",
        ],
        shared=shared,
        prekey=prekey,
        card_a=card_a,
        card_b=card_b,
        header=HEADER,
        drawn_a=secrets["a1"] + b"".join(salts[:3]) + secrets["a2"] + salts[4] + salts[5],
        drawn_b=secrets["b1"] + salts[3],
        envelope_1=first,
        envelope_2=second,
        envelope_3=third,
        envelope_4=fourth,
        envelope_5=fifth,
        envelope_6=sixth,
    )


make_channel()
make_posts()
make_session()
make_card()
make_vault()
make_link()

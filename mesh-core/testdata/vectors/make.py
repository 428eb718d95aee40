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


make_channel()
make_posts()
make_card()
make_vault()
make_link()

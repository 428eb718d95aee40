"""The knock: X3DH with X-Wing, identity sealed, one way.

    sealed = nonce 24 ‖ XChaCha20-Poly1305(knock key of the day, P)
    P      = kind 1 ‖ prekey id 8 ‖ EK 32 ‖ [X-Wing ct 1120] ‖ c1 218 ‖ c2

`c2` is the next message of the session and fills the envelope.
"""

from collections.abc import Callable
from dataclasses import dataclass

from twin import labels, xwing
from twin.bundle import may_use
from twin.card import CARD_BYTES, Card, Identity, pair_ad, read_card
from twin.envelope import CLEAR_BYTES, HEADER_BYTES, check
from twin.envelope import tag as envelope_tag
from twin.primitives import (
    Refused,
    aead_open,
    aead_seal,
    hkdf,
    hmac,
    require,
    same,
    sha256,
    u8,
    u32,
    x25519,
    x25519_public,
    xaead_open,
    xaead_seal,
)
from twin.ratchet import Opened, Ratchet

ENVELOPE_BYTES = 1_920
SLOTS = 64
ID_BYTES = 8
PROOF_BYTES = 16
C1_BYTES = CARD_BYTES + PROOF_BYTES + 16
_P_BYTES = ENVELOPE_BYTES - CLEAR_BYTES - 24 - 16

KIND_BUNDLE = 1
KIND_CODE_XWING = 2
KIND_CODE = 3
KIND_RECOVERY = 4
_WITH_XWING = (KIND_BUNDLE, KIND_CODE_XWING)
_KINDS = (KIND_BUNDLE, KIND_CODE_XWING, KIND_CODE, KIND_RECOVERY)


def tag(card_secret: bytes, day: int, slot: int) -> bytes:
    """The tag of one slot of one UTC day."""
    return hmac(card_secret, labels.KNOCK_TAG + u32(day) + u8(slot))[:16]


def outer_key(card_secret: bytes, day: int) -> bytes:
    """The key of the outer seal, which every holder of the card can make."""
    return hkdf(b"", card_secret, labels.KNOCK_KEY + u32(day), 32)


def prekey_id(prekey: bytes) -> bytes:
    """The 8 bytes that name a prekey."""
    return sha256(labels.PREKEY_ID + prekey)[:ID_BYTES]


@dataclass(frozen=True)
class Offer:
    """What a stranger knows of the person: card, prekey and where they came from.

    `source` is what T hashes: the bundle's 1,316 bytes, or the prekey.
    """

    kind: int
    card: Card
    prekey: bytes
    source: bytes
    xek: bytes | None = None
    one_time_secret: bytes | None = None


@dataclass(frozen=True)
class Started:
    """What its sender keeps of a knock; `head` is `kind … c1`, `transcript` is T."""

    head: bytes
    transcript: bytes
    secret: bytes
    session: Ratchet
    card_secret: bytes


@dataclass(frozen=True)
class Way:
    """What is new each time a knock is sent."""

    day: int
    slot: int
    header: bytes
    nonce: bytes
    salt: bytes


@dataclass(frozen=True)
class Prekeys:
    """The private keys that an offer's public ones belong to."""

    kind: int
    private: bytes
    source: bytes
    xek_seed: bytes | None = None
    one_time_secret: bytes | None = None
    # Day of the bundle, and card id of the contact that a recovery prekey is for.
    bundle_day: int | None = None
    contact: bytes | None = None


@dataclass(frozen=True)
class Received:
    """An opened knock: nothing of it counted before `first` had opened."""

    card: Card
    proven: bool
    transcript: bytes
    secret: bytes
    session: Ratchet
    first: Opened


def _transcript(before: bytes, card_id: bytes, source: bytes) -> bytes:
    return sha256(before + card_id + sha256(source))


def _id_key(transcript: bytes, shared: bytes) -> bytes:
    return hkdf(transcript, shared, labels.KNOCK_ID, 32)


def session_secret(dh1: bytes, shared: bytes, transcript: bytes, c1: bytes) -> bytes:
    """SK; `shared` is `DH2 ‖ DH3 ‖ SS`."""
    info = labels.X3DH + sha256(transcript + c1)
    return hkdf(b"", b"\xff" * 32 + dh1 + shared, info, 32)


def proof(one_time_secret: bytes | None, transcript: bytes) -> bytes:
    """What shows that the sender saw the code, or zeros."""
    if one_time_secret is None:
        return bytes(PROOF_BYTES)
    return hmac(one_time_secret, transcript)[:PROOF_BYTES]


def begin(
    sender: Identity,
    card: bytes,
    offer: Offer,
    ephemeral: bytes,
    xwing_seed: bytes,
    ratchet: bytes,
) -> Started:
    """Begins a knock; `card` is the sender's.

    Random are `ephemeral` and `ratchet`, X25519 private keys, and `xwing_seed`, 64
    bytes, or unused.
    """
    ours, theirs = read_card(card).card_id, offer.card.card_id
    require(ours != theirs, "nobody knocks at themselves")
    before = u8(offer.kind) + prekey_id(offer.prekey) + x25519_public(ephemeral)
    secret = b""
    if offer.kind in _WITH_XWING:
        if offer.xek is None:
            raise ValueError("this kind needs an X-Wing key")
        secret, ciphertext = xwing.encapsulate(offer.xek, xwing_seed)
        before += ciphertext
    shared = x25519(ephemeral, offer.card.dh_key)
    shared += x25519(ephemeral, offer.prekey) + secret
    transcript = _transcript(before, theirs, offer.source)
    hidden = card + proof(offer.one_time_secret, transcript)
    c1 = aead_seal(_id_key(transcript, shared), hidden, transcript)
    dh1 = x25519(sender.dh_private, offer.prekey)
    key = session_secret(dh1, shared, transcript, c1)
    session = Ratchet.initiator(key, offer.prekey, ratchet, pair_ad(ours, theirs))
    return Started(before + c1, transcript, key, session, offer.card.card_secret)


def seal(knock: Started, way: Way, data: bytes) -> bytes:
    """The envelope, with the next message of the session in it."""
    size = _P_BYTES - len(knock.head)
    c2 = knock.session.seal(way.header, size, way.salt, data, _no_draw, embedded=True)
    clear = way.header + tag(knock.card_secret, way.day, way.slot)
    outer = outer_key(knock.card_secret, way.day)
    return clear + xaead_seal(outer, way.nonce, knock.head + c2, clear)


def _no_draw() -> bytes:
    raise ValueError("a knock is sent until the first answer, and no longer")


@dataclass(frozen=True)
class _Parts:
    kind: int
    prekey_id: bytes
    ephemeral: bytes
    ciphertext: bytes
    before: bytes
    c1: bytes
    c2: bytes


def _split(plain: bytes) -> _Parts:
    kind = plain[0]
    require(kind in _KINDS, "unknown kind of knock")
    ephemeral = 1 + ID_BYTES
    ciphertext = ephemeral + 32
    end = ciphertext + (xwing.CIPHERTEXT_BYTES if kind in _WITH_XWING else 0)
    return _Parts(
        kind,
        plain[1:ephemeral],
        plain[ephemeral:ciphertext],
        plain[ciphertext:end],
        plain[:end],
        plain[end : end + C1_BYTES],
        plain[end + C1_BYTES :],
    )


def _arrive(card: Card, day: int, slot: int, envelope: bytes) -> _Parts:
    """Takes off the outer seal of a knock whose tag is that of `day` and `slot`."""
    check(envelope)
    require(len(envelope) == ENVELOPE_BYTES, "not a knock's size")
    require(envelope_tag(envelope) == tag(card.card_secret, day, slot), "another tag")
    clear, outer = envelope[:CLEAR_BYTES], outer_key(card.card_secret, day)
    return _split(xaead_open(outer, envelope[CLEAR_BYTES:], clear))


def message(card: Card, day: int, slot: int, envelope: bytes) -> tuple[bytes, bytes]:
    """`H(EK)`, by which a knock that was sent again is known, and c2."""
    parts = _arrive(card, day, slot, envelope)
    return sha256(parts.ephemeral), parts.c2


def open_(
    receiver: Identity,
    card: Card,
    day: int,
    slot: int,
    envelope: bytes,
    find: Callable[[int, bytes], Prekeys | None],
    now_ms: int,
) -> Received:
    """Opens the knock whose tag is that of `day` and `slot`.

    `find` gives the private keys of a kind and prekey id, or `None` if they are
    erased or were never ours.
    """
    parts = _arrive(card, day, slot, envelope)
    keys = find(parts.kind, parts.prekey_id)
    if keys is None or keys.kind != parts.kind:
        raise Refused("no such prekey")
    named = prekey_id(x25519_public(keys.private))
    require(named == parts.prekey_id, "another prekey")
    if parts.kind == KIND_BUNDLE:
        fits = keys.bundle_day is not None and may_use(keys.bundle_day, day)
        require(fits, "the bundle of another day")
    secret = b""
    if parts.kind in _WITH_XWING:
        if keys.xek_seed is None:
            raise Refused("no X-Wing key")
        secret = xwing.decapsulate(keys.xek_seed, parts.ciphertext)
    shared = x25519(receiver.dh_private, parts.ephemeral)
    shared += x25519(keys.private, parts.ephemeral) + secret
    transcript = _transcript(parts.before, card.card_id, keys.source)
    hidden = aead_open(_id_key(transcript, shared), parts.c1, transcript)
    sender, shown = read_card(hidden[:CARD_BYTES]), hidden[CARD_BYTES:]
    expected = proof(keys.one_time_secret, transcript)
    proven = keys.one_time_secret is not None and same(shown, expected)
    require(proven or not any(shown), "a proof that does not fit")
    require(sender.card_id != card.card_id, "our own card")
    if parts.kind == KIND_RECOVERY:
        require(sender.card_id == keys.contact, "not who was given the prekey")

    dh1 = x25519(keys.private, sender.dh_key)
    key = session_secret(dh1, shared, transcript, parts.c1)
    ad = pair_ad(sender.card_id, card.card_id)
    session = Ratchet.responder(key, keys.private, ad)
    require(parts.c2[:HEADER_BYTES] == envelope[:HEADER_BYTES], "another header inside")
    first = session.open(parts.c2, now_ms, embedded=True)
    return Received(sender, proven, transcript, key, session, first)


def restart_proof(restart_secret: bytes, session_id: bytes) -> bytes:
    """`HMAC(RS, H(SK))`: lets a knock take over the session that gave RS."""
    return hmac(restart_secret, session_id)


def wins_crossing(one: tuple[int, bytes], other: tuple[int, bytes]) -> bool:
    """Whether the first of two crossing knocks wins; each is (kind, `H(SK)`)."""
    first, second = ((kind not in _WITH_XWING, name) for kind, name in (one, other))
    return first < second

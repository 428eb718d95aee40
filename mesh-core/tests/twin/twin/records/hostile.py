"""What must be refused, signed and sealed as only somebody hostile would.

Each case names what it is, and `result` says whether it opens; most stand beside
one that does, so that nothing is refused for another reason.
"""

from collections.abc import Iterator
from dataclasses import replace

from kyber_py.ml_kem import ML_KEM_768

from twin import bundle, channel, inner, knock, labels, qr, verification, xwing
from twin.card import (
    CARD_BYTES,
    Identity,
    is_unseen,
    link,
    pair_ad,
    read_card,
    read_link,
)
from twin.envelope import CLASS_TEXT, header, pad
from twin.primitives import (
    Refused,
    aead_seal,
    ed25519_public,
    hmac,
    sha256,
    sign,
    u8,
    x25519,
    x25519_public,
    xaead_seal,
)
from twin.ratchet import Miss, Ratchet
from twin.records.fields import Case, Layout, chosen, raw, raw_or_none
from twin.records.people import DAY, EXPIRY, person, person_fields

_ORDER = 2**252 + 27742317777372353535851937790883648493
_PRIME = 2**255 - 19
_EIGHTH = (
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
)


def _low_order() -> Iterator[bytes]:
    """All X25519 keys of low order, also with the top bit, which X25519 ignores."""
    small = (0, 1, _PRIME - 1, _PRIME, _PRIME + 1)
    points = [number.to_bytes(32, "little") for number in small]
    for point in [*points, *map(bytes.fromhex, _EIGHTH)]:
        yield point
        yield point[:31] + bytes([point[31] | 0x80])


def _case(what: str, name: str, **fields: object) -> Case:
    return {"case": f"{what}: {name}", "what": what, **fields}


def _card(name: bytes = b"Eve", length: int | None = None, **parts: bytes) -> bytes:
    """A card whose signature fits, whatever stands in it."""
    owner = Identity(bytes.fromhex(chosen("Eve seed")))
    dh_key = parts.get("dh_key", x25519_public(owner.dh_private))
    body = parts.get("version", b"\x01") + ed25519_public(owner.sign_seed) + dh_key
    body += bytes.fromhex(chosen("Eve card secret"))
    body += u8(len(name) if length is None else length)
    body += (name + parts.get("zeros", b"")).ljust(24, b"\0")
    return body + sign(owner.sign_seed, labels.CARD + body)


def _cards() -> Iterator[Case]:
    cards = {
        "plain": _card(),
        "version 2": _card(version=b"\x02"),
        "a pad that is not zero": _card(zeros=b"\0x"),
        "a length beyond the name": _card(length=25),
        "no UTF-8": _card(b"\xc3"),
        "one byte more": _card() + b"\0",
    }
    for number, point in enumerate(_low_order()):
        cards[f"low order {number}"] = _card(dh_key=point)
    scalar = int.from_bytes(cards["plain"][-32:], "little") + _ORDER
    cards["a second signature"] = cards["plain"][:-32] + scalar.to_bytes(32, "little")
    for character in _edges():
        name = f"U+{ord(character):04X}"
        cards[name] = _card(f"E{character}".encode())
    for name, raw_card in cards.items():
        yield _case("card", name, bytes=raw_card.hex())
    good = link(_card("»? ÿþ«".encode()))
    for name, text in {
        "plain": good,
        "a space before": f" {good}",
        "padding": f"{good}=",
        "other letters": good.upper(),
        "plain base64": good.replace("-", "+").replace("_", "/"),
    }.items():
        yield _case("link", name, text=text)


def _edges() -> list[str]:
    """Characters at which what is seen and what is not meet, and some beside."""
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    unseen = [is_unseen(chr(c)) for c in codes]
    edges = {
        code
        for at, code in enumerate(codes[1:], 1)
        if unseen[at] != unseen[at - 1]
        for code in (code, codes[at - 1])
    }
    return [chr(code) for code in sorted(edges)]


def _codes() -> Iterator[Case]:
    owner, card = person(person_fields("Bob"))
    stranger, _ = person(person_fields("Aïda"))

    def code(prekey: bytes, signer: Identity = owner) -> str:
        rest = prekey + bytes.fromhex(chosen("hostile code", 32))
        signature = sign(signer.sign_seed, labels.QR + card.card_id + rest)
        return qr.PREFIX + qr.base45(card.raw + rest + signature)

    good = code(x25519_public(b"\x05" * 32))
    texts = {
        "plain": good,
        "signed by another": code(x25519_public(b"\x05" * 32), stranger),
        "small letters": good[:4] + good[4:].lower(),
        "more behind": good + "000",
        "a second text": _second_text(good),
        "another prefix": "SL2:" + good[4:],
    }
    for number, point in enumerate(_low_order()):
        texts[f"low order {number}"] = code(point)
    for name, text in texts.items():
        yield _case("code", name, text=text)


def _second_text(code: str) -> str:
    """The same code with 2¹⁶ more in one group, which a lax decoder cuts off."""
    for at in range(len(qr.PREFIX), len(code), 3):
        value = int.from_bytes(qr.read_base45(code[at : at + 3])) + (1 << 16)
        if value < 45**3:
            digits = (value // 45**place % 45 for place in range(3))
            group = "".join(qr.ALPHABET[digit] for digit in digits)
            return code[:at] + group + code[at + 3 :]
    raise ValueError("no group has room")


def _bundles() -> Iterator[Case]:
    owner, card = person(person_fields("Bob"))
    spk, xek = x25519_public(b"\x06" * 32), xwing.public_key(b"\x07" * 32)

    def sealed(made: bytes, padded: bytes | None = None) -> str:
        clear = bytes.fromhex(_HEAD) + bundle.tag(card.card_secret, DAY)
        key, nonce = bundle._key(card.card_secret, DAY), bytes(24)
        padded = pad(made, 1_848) if padded is None else padded
        return (clear + xaead_seal(key, nonce, padded, clear)).hex()

    def made(prekey: bytes = spk, kem: bytes = xek, day: int = DAY) -> bytes:
        return bundle.make(owner, card, prekey, kem, day)

    stranger, _ = person(person_fields("Aïda"))
    bundles = {
        "plain": sealed(made()),
        "another day": sealed(made(day=DAY + 1)),
        "signed by another": sealed(bundle.make(stranger, card, spk, xek, DAY)),
        "a pad that is not zero": sealed(b"", pad(made(), 1_847) + b"\x01"),
        "a length beyond the end": sealed(b"", b"\xff\xff".ljust(1_848, b"\0")),
        "a coefficient out of range": sealed(made(kem=b"\xff" * 3 + xek[3:])),
    }
    for number, point in enumerate(_low_order()):
        if number % 5 == 0:
            bundles[f"low order {number}"] = sealed(made(prekey=point))
            kem = xek[:-32] + point
            bundles[f"low order {number} in X-Wing"] = sealed(made(kem=kem))
    for name, envelope in bundles.items():
        fields = {"owner": person_fields("Bob"), "day": DAY, "envelope": envelope}
        yield _case("bundle", name, **fields)


_HEAD = header(CLASS_TEXT, EXPIRY).hex()
_SEED = b"\x09" * 32
_PREKEY = b"\x08" * 32
_TOKEN = b"\x0a" * 16


def _knock(kind: int, **changes: bytes) -> bytes:
    """A knock of Aïda at Bob in which anything may be changed."""
    (aida, card), (bob, theirs) = (person(person_fields(n)) for n in ("Aïda", "Bob"))
    ephemeral, prekey = b"\x0b" * 32, x25519_public(_PREKEY)
    secret, ciphertext, source = b"", b"", prekey
    if kind in (1, 2):
        xek = xwing.public_key(_SEED)
        secret, ciphertext = xwing.encapsulate(xek, b"\x0c" * 64)
        secret = changes.get("kem", secret)
        ciphertext = changes.get("ciphertext", ciphertext)
        if kind == 1:
            source = bundle.make(bob, theirs, prekey, xek, DAY)
    public = changes.get("ephemeral", x25519_public(ephemeral))
    before = changes.get("code", u8(kind)) + knock.prekey_id(prekey)
    before += public + ciphertext
    zeros = bytes(32) if "ephemeral" in changes else None
    shared = zeros or x25519(ephemeral, theirs.dh_key)
    shared += zeros or x25519(ephemeral, prekey)
    shared += secret
    transcript = knock._transcript(before, theirs.card_id, source)
    shown = changes.get("proof", bytes(16))
    if shown == b"right":
        shown = hmac(_TOKEN, transcript)[:16]
    sender = changes.get("card", card.raw)
    c1 = aead_seal(knock._id_key(transcript, shared), sender + shown, transcript)
    c1 = changes.get("c1", c1)
    dh1 = x25519(aida.dh_private if sender == card.raw else bob.dh_private, prekey)
    key = knock.session_secret(dh1, shared, transcript, c1)
    ad = pair_ad(read_card(sender).card_id, theirs.card_id)
    session = Ratchet.initiator(key, prekey, b"\x0d" * 32, ad)
    if "claim" in changes:
        session._state.sent_before = 1
    size = 1_848 - len(before) - len(c1)
    head, salt = changes.get("head", bytes.fromhex(_HEAD)), bytes(8)
    embedded = "envelope" not in changes
    if not embedded:
        # A whole message of the session, which is not what belongs here.
        size = 480
    c2 = session.seal(head, size, salt, b"hello", bytes, embedded)
    return before + c1 + c2.ljust(1_848 - len(before) - len(c1), b"\0")


def _knocks() -> Iterator[Case]:
    bob, aida = (person(person_fields(name))[1] for name in ("Bob", "Aïda"))
    stranger = sha256(b"somebody else")
    other_head = header(CLASS_TEXT, EXPIRY + 1)
    xek = xwing.public_key(_SEED)
    # The secret that everybody gets who sends an X25519 half of low order.
    kem, ciphertext = xwing.encapsulate(xek, b"\x0c" * 64)
    low = ciphertext[:1_088] + bytes(32)
    bytes_of_kem = ML_KEM_768._encaps_internal(xek[:1_184], b"\x0c" * 32)[0]
    kem = xwing._combine(bytes(bytes_of_kem), bytes(32), bytes(32), xek[1_184:])
    knocks: list[tuple[str, int, bytes, Case]] = [
        (f"plain, kind {kind}", kind, _knock(kind), {}) for kind in (1, 2, 3, 4)
    ]
    knocks += [
        ("a proof that fits", 3, _knock(3, proof=b"right"), {}),
        ("a proof that does not fit", 3, _knock(3, proof=b"x" * 16), {}),
        ("a proof by bundle", 1, _knock(1, proof=b"right"), {}),
        ("a proof by recovery prekey", 4, _knock(4, proof=b"right"), {}),
        ("another header in c2", 3, _knock(3, head=other_head), {}),
        ("an envelope in c2", 3, _knock(3, envelope=b""), {}),
        ("a claim of an earlier chain", 3, _knock(3, claim=b""), {}),
        ("our own card", 3, _knock(3, card=bob.raw), {}),
        ("another contact", 4, _knock(4), {"contact": stranger.hex()}),
        ("the bundle of the day before", 1, _knock(1), {"day": DAY + 1}),
        ("a bundle two days old", 1, _knock(1), {"day": DAY + 2}),
        ("a bundle of tomorrow", 1, _knock(1), {"day": DAY - 1}),
        ("another prekey", 3, _knock(3), {"prekey_private": "0e" * 32}),
        ("no kind", 3, _knock(3, code=u8(5)), {}),
        ("another kind", 3, _knock(3, code=u8(4)), {}),
        ("a c1 of anybody", 3, _knock(3, c1=bytes(218)), {}),
        ("X-Wing of low order", 2, _knock(2, ciphertext=low, kem=kem), {}),
    ]
    for number, point in enumerate(_low_order()):
        if number % 3 == 0:
            plain = _knock(3, ephemeral=point)
            knocks.append((f"EK of low order {number}", 3, plain, {}))
    for name, kind, plain, changes in knocks:
        day = changes.get("day", DAY)
        clear = bytes.fromhex(_HEAD) + knock.tag(bob.card_secret, day, 9)
        outer = knock.outer_key(bob.card_secret, day)
        envelope = clear + xaead_seal(outer, bytes(24), plain, clear)
        fields: Case = {
            "kind": kind,
            "receiver": person_fields("Bob"),
            "contact": aida.card_id.hex(),
            "prekey_private": _PREKEY.hex(),
            "xek_seed": _SEED.hex(),
            "one_time_secret": _TOKEN.hex() if kind in (2, 3) else None,
            "bundle_day": DAY,
            "day": day,
            "slot": 9,
            "envelope": envelope.hex(),
        }
        yield _case("knock", name, **{**fields, **changes})


def _inners() -> Iterator[Case]:
    plain = inner.Inner(1, bytes(16), 0, 1_000, 0, 0, 0, "Eve", b"\x00\x01x")
    good = inner.encode(plain)
    numbered = inner.encode(replace(plain, seq=1))
    for name, data, in_channel in (
        ("plain", good, True),
        ("numbers in a channel", numbered, True),
        ("numbers for one person", numbered, False),
        ("version 2", b"\x02" + good[1:], True),
        ("a longer form of a number", good[:1] + b"\xfb\x01\x00" + good[2:], True),
        ("one byte more", good + b"\0", True),
        ("one byte less", good[:-1], True),
        ("a name of 25", inner.encode(replace(plain, name="x" * 25)), True),
        ("a line in the name", inner.encode(replace(plain, name="a\nb")), True),
        ("a last control in the name", inner.encode(replace(plain, name="\x9f")), True),
    ):
        yield _case("inner", name, bytes=data.hex(), in_channel=in_channel)


def _nearbys() -> Iterator[Case]:
    ours, theirs = (person(person_fields(name))[1].raw for name in ("Aïda", "Bob"))
    prekey = x25519_public(_PREKEY)
    answers = {
        "plain": theirs + prekey + bytes(32),
        "an echo": ours + prekey + bytes(32),
        "one byte more": theirs + prekey + bytes(33),
        "a card that is none": bytes(CARD_BYTES) + prekey + bytes(32),
    }
    for number, point in enumerate(_low_order()):
        answers[f"low order {number}"] = theirs + point + bytes(32)
    for name, answer in answers.items():
        fields = {"ours": person_fields("Aïda"), "answer": answer.hex()}
        yield _case("nearby answer", name, **fields)


def _typed() -> Iterator[Case]:
    names = ["", "#", " # # ", "a\tb", "\ta\n", "a\0", "a\x1cb", "x" * 32, "x" * 33]
    names += ["ﬃ" * 10, "ﬃ" * 11, "#" * 127 + "a", "#" * 128 + "a"]
    for number, text in enumerate(names):
        yield _case("channel name", str(number), text=text)
    phrases = ["", " \n", "a\tb", "a\0b", "a\x1cb", "a\x85b", "x" * 256, "x" * 257]
    phrases += [" " * 1_023 + "a", " " * 1_024 + "a"]
    for number, text in enumerate(phrases):
        yield _case("phrase", str(number), text=text)


def _cases() -> list[Case]:
    parts = (_cards, _codes, _bundles, _knocks, _inners, _nearbys, _typed)
    return [case for part in parts for case in part()]


def _open(case: Case) -> None:
    what = case["what"]
    if what == "card":
        read_card(raw(case, "bytes"))
    elif what == "link":
        read_link(case["text"])
    elif what == "code":
        qr.read(case["text"])
    elif what == "bundle":
        card = person(case["owner"])[1]
        bundle.open_(raw(case, "envelope"), card, case["day"])
    elif what == "knock":
        _open_knock(case)
    elif what == "inner":
        inner.decode(raw(case, "bytes"), case["in_channel"])
    elif what == "nearby answer":
        ours = person(case["ours"])[1].raw + x25519_public(_PREKEY) + bytes(32)
        verification.read_hello(raw(case, "answer"), ours)
    elif what == "channel name":
        channel.public_root(case["text"])
    elif what == "phrase":
        channel.read_phrase(case["text"])
    else:
        raise ValueError(f"unknown: {what}")


def _open_knock(case: Case) -> None:
    receiver, card = person(case["receiver"])
    private, seed = raw(case, "prekey_private"), raw(case, "xek_seed")
    source = public = x25519_public(private)
    if case["kind"] == knock.KIND_BUNDLE:
        xek = xwing.public_key(seed)
        source = bundle.make(receiver, card, public, xek, case["bundle_day"])
    keys = knock.Prekeys(
        case["kind"],
        private,
        source,
        seed,
        raw_or_none(case, "one_time_secret"),
        case["bundle_day"],
        raw(case, "contact"),
    )
    day, slot, envelope = case["day"], case["slot"], raw(case, "envelope")
    knock.open_(receiver, card, day, slot, envelope, lambda kind, name: keys, 0)


def _build(case: Case) -> Case:
    try:
        _open(case)
    except (Refused, Miss):
        return {"result": "refused"}
    return {"result": "opened"}


def _nothing(case: Case) -> None:
    """`_build` has opened it, or tried to."""


LAYOUTS = [Layout("hostile", _cases, _build, _nothing, ("result",))]

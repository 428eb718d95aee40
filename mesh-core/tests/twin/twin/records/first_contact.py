"""Recorded bundles and knocks."""

from twin import bundle, knock, verification, xwing
from twin.envelope import CLASS_KEYS, CLASS_TEXT, envelope_id, header
from twin.primitives import sha256, x25519, x25519_public, xaead_open
from twin.records.fields import Case, Layout, chosen, expect, raw, raw_or_none
from twin.records.people import DAY, EXPIRY, person, person_fields


def _bundle_cases() -> list[Case]:
    return [
        {
            "case": f"day {day}",
            **person_fields("Bob"),
            "prekey_private": chosen(f"spk {day}"),
            "xek_seed": chosen(f"xek seed {day}"),
            "day": day,
            "header": header(CLASS_KEYS, EXPIRY).hex(),
            "nonce": chosen(f"bundle nonce {day}", 24),
        }
        for day in (DAY, DAY + 1)
    ]


def _bundle_build(case: Case) -> Case:
    owner, card = person(case)
    prekey = x25519_public(raw(case, "prekey_private"))
    xek, day = xwing.public_key(raw(case, "xek_seed")), case["day"]
    made = bundle.make(owner, card, prekey, xek, day)
    envelope = bundle.seal(
        raw(case, "header"), raw(case, "nonce"), card.card_secret, day, made
    )
    return {
        "prekey": prekey.hex(),
        "xek": xek.hex(),
        "bundle": made.hex(),
        "tag": bundle.tag(card.card_secret, day).hex(),
        "envelope": envelope.hex(),
        "envelope_id": envelope_id(envelope).hex(),
    }


def _bundle_opens(case: Case) -> None:
    _, card = person(case)
    found = bundle.open_(raw(case, "envelope"), card, case["day"])
    expect(found.raw == raw(case, "bundle"), "bundle")


def _knock_cases() -> list[Case]:
    return [
        _knock_case("by the bundle of the day", knock.KIND_BUNDLE),
        _knock_case("by the bundle of the day before", knock.KIND_BUNDLE, age=1),
        _knock_case("by code, with X-Wing", knock.KIND_CODE_XWING),
        _knock_case("by code, without X-Wing", knock.KIND_CODE),
        _knock_case("in radio range", knock.KIND_CODE, seen=False),
        _knock_case("by recovery prekey", knock.KIND_RECOVERY),
    ]


def _knock_case(name: str, kind: int, age: int = 0, seen: bool = True) -> Case:
    def draw(what: str, length: int = 32) -> str:
        return chosen(f"knock {name} {what}", length)

    def way(which: str, slot: int, text: str) -> Case:
        return {
            "day": DAY,
            "slot": slot,
            "header": header(CLASS_TEXT, EXPIRY + slot).hex(),
            "nonce": draw(f"{which} nonce", 24),
            "salt": draw(f"{which} salt", 8),
            "data": text.encode().hex(),
        }

    by_bundle, by_code = kind == knock.KIND_BUNDLE, kind in _BY_CODE
    with_xwing = kind in (knock.KIND_BUNDLE, knock.KIND_CODE_XWING)
    return {
        "case": name,
        "kind": kind,
        "sender": person_fields("Aïda"),
        "receiver": person_fields("Bob"),
        "prekey_private": draw("prekey"),
        "xek_seed": draw("xek seed") if with_xwing else None,
        "one_time_secret": draw("ots", 16) if by_code and seen else None,
        "bundle_day": DAY - age if by_bundle else None,
        "ephemeral_private": draw("ephemeral"),
        "xwing_randomness": draw("eseed", 64) if with_xwing else None,
        "ratchet_private": draw("ratchet"),
        "first": way("first", 7 * kind, "hello, stranger"),
        "again": way("again", 63 - 7 * kind, "are you there?"),
        "answer": {
            "header": header(CLASS_TEXT, EXPIRY + 1).hex(),
            "ratchet_private": draw("answer ratchet"),
            "salt": draw("answer salt", 8),
            "data": b"who is it?".hex(),
        },
    }


_BY_CODE = (knock.KIND_CODE_XWING, knock.KIND_CODE)


def _source(case: Case) -> tuple[knock.Offer, knock.Prekeys]:
    """What the sender knows of the receiver, and what the receiver keeps."""
    receiver, card = person(case["receiver"])
    private, seed = raw(case, "prekey_private"), raw_or_none(case, "xek_seed")
    public = x25519_public(private)
    xek = None if seed is None else xwing.public_key(seed)
    source, secret, kind = public, raw_or_none(case, "one_time_secret"), case["kind"]
    if case["bundle_day"] is not None:
        assert xek is not None
        source = bundle.make(receiver, card, public, xek, case["bundle_day"])
    offer = knock.Offer(kind, card, public, source, xek, secret)
    contact = person(case["sender"])[1].card_id
    keys = knock.Prekeys(
        kind, private, source, seed, secret, case["bundle_day"], contact
    )
    return offer, keys


def _way(case: Case) -> knock.Way:
    header, nonce, salt = (raw(case, key) for key in ("header", "nonce", "salt"))
    return knock.Way(case["day"], case["slot"], header, nonce, salt)


def _sealed(started: knock.Started, way: Case) -> Case:
    """Outputs of a knock that is sent."""
    envelope = knock.seal(started, _way(way), raw(way, "data"))
    key = knock.outer_key(started.card_secret, way["day"])
    return {
        **way,
        "tag": envelope[16:32].hex(),
        "plain": xaead_open(key, envelope[32:], envelope[:32]).hex(),
        "envelope": envelope.hex(),
        "envelope_id": envelope_id(envelope).hex(),
    }


def _knock_build(case: Case) -> Case:
    (sender, card), (receiver, _) = person(case["sender"]), person(case["receiver"])
    offer, keys = _source(case)
    ephemeral = raw(case, "ephemeral_private")
    started = knock.begin(
        sender,
        card.raw,
        offer,
        ephemeral,
        raw_or_none(case, "xwing_randomness") or b"",
        raw(case, "ratchet_private"),
    )
    first, again = (_sealed(started, case[which]) for which in ("first", "again"))
    public = x25519_public(ephemeral)
    return {
        "prekey": offer.prekey.hex(),
        "prekey_id": knock.prekey_id(offer.prekey).hex(),
        "source": offer.source.hex(),
        "dh1": x25519(sender.dh_private, offer.prekey).hex(),
        "dh2": x25519(receiver.dh_private, public).hex(),
        "dh3": x25519(keys.private, public).hex(),
        "transcript": started.transcript.hex(),
        "head": started.head.hex(),
        "secret": started.secret.hex(),
        "session_id": sha256(started.secret).hex(),
        "verify": verification.verify_key(started.secret).hex(),
        "first": first,
        "again": again,
        "answer": _answer(case, first, again),
    }


def _answer(case: Case, first: Case, again: Case) -> Case:
    """The answer to the knocks whose envelopes are given, as it was sent."""
    received, answer = _open(case, first, again), case["answer"]
    envelope = received.session.seal(
        raw(answer, "header"),
        480,
        raw(answer, "salt"),
        raw(answer, "data"),
        lambda: raw(answer, "ratchet_private"),
    )
    return {**answer, "envelope": envelope.hex()}


def _open(case: Case, first: Case, again: Case) -> knock.Received:
    receiver, card = person(case["receiver"])
    _, keys = _source(case)
    received = knock.open_(
        receiver,
        card,
        first["day"],
        first["slot"],
        raw(first, "envelope"),
        lambda kind, name: keys,
        0,
    )
    expect(received.first.data == raw(first, "data"), "data")
    envelope = raw(again, "envelope")
    known, message = knock.message(card, again["day"], again["slot"], envelope)
    public = x25519_public(raw(case, "ephemeral_private"))
    expect(known == sha256(public), "hash of EK")
    opened = received.session.open(message, 0, embedded=True)
    expect((opened.data, opened.seq) == (raw(again, "data"), 1), "data sent again")
    return received


def _knock_opens(case: Case) -> None:
    received = _open(case, case["first"], case["again"])
    expect(received.card == person(case["sender"])[1], "card of the sender")
    expect(received.proven == (case["one_time_secret"] is not None), "proof")


_KNOCK = ("head", "session_id", "verify", "first", "again", "answer")

LAYOUTS = [
    Layout("bundle", _bundle_cases, _bundle_build, _bundle_opens, ("envelope",)),
    Layout("knock", _knock_cases, _knock_build, _knock_opens, _KNOCK),
]

"""Recorded bundles and knocks."""

from twin import bundle, knock, xwing
from twin.envelope import CLASS_KEYS, CLASS_TEXT, envelope_id, header
from twin.primitives import x25519, x25519_public, xaead_open
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
    kinds = {
        "by bundle": knock.KIND_BUNDLE,
        "by code, without X-Wing": knock.KIND_QR,
        "by code, with X-Wing": knock.KIND_QR_XWING,
    }
    return [_knock_case(name, kind) for name, kind in kinds.items()]


def _knock_case(name: str, kind: int) -> Case:
    def draw(what: str, length: int = 32) -> str:
        return chosen(f"knock {kind} {what}", length)

    by_bundle, classical = kind == knock.KIND_BUNDLE, kind == knock.KIND_QR
    return {
        "case": name,
        "kind": kind,
        "sender": person_fields("Aïda"),
        "receiver": person_fields("Bob"),
        "prekey_private": draw("prekey"),
        "xek_seed": None if classical else draw("xek seed"),
        "one_time_secret": None if by_bundle else draw("ots", 16),
        "bundle_day": DAY if by_bundle else None,
        "day": DAY,
        "slot": 7 * kind,
        "header": header(CLASS_TEXT, EXPIRY).hex(),
        "nonce": draw("nonce", 24),
        "ephemeral_private": draw("ephemeral"),
        "xwing_randomness": None if classical else draw("eseed", 64),
        "ratchet_private": draw("ratchet"),
        "salt": draw("salt", 8),
        "data": b"hello, stranger".hex(),
        "answer": {
            "header": header(CLASS_TEXT, EXPIRY + 1).hex(),
            "ratchet_private": draw("answer ratchet"),
            "salt": draw("answer salt", 8),
            "data": b"who is it?".hex(),
        },
    }


def _source(case: Case) -> tuple[knock.Offer, knock.Prekeys]:
    """What the sender knows of the receiver, and what the receiver keeps."""
    receiver, card = person(case["receiver"])
    private, seed = raw(case, "prekey_private"), raw_or_none(case, "xek_seed")
    public = x25519_public(private)
    xek = None if seed is None else xwing.public_key(seed)
    source, secret = public, raw_or_none(case, "one_time_secret")
    if case["bundle_day"] is not None:
        assert xek is not None
        source = bundle.make(receiver, card, public, xek, case["bundle_day"])
    offer = knock.Offer(case["kind"], card, public, source, xek, secret)
    return offer, knock.Prekeys(case["kind"], private, source, seed, secret)


def _knock_build(case: Case) -> Case:
    (sender, card), (receiver, _) = person(case["sender"]), person(case["receiver"])
    offer, keys = _source(case)
    chance = knock.Chance(
        raw(case, "ephemeral_private"),
        raw_or_none(case, "xwing_randomness") or b"",
        raw(case, "ratchet_private"),
        case["slot"],
        raw(case, "nonce"),
        raw(case, "salt"),
    )
    data, head = raw(case, "data"), raw(case, "header")
    sent = knock.make(sender, card.raw, offer, case["day"], head, chance, data)
    key = knock.outer_key(offer.card.card_secret, case["day"])
    plain = xaead_open(key, sent.envelope[32:], sent.envelope[:32])
    received = _open(case, sent.envelope)
    answer = case["answer"]
    sealed = received.session.seal(
        raw(answer, "header"), 480, raw(answer, "salt"), raw(answer, "data")
    )
    ephemeral = x25519_public(chance.ephemeral)
    return {
        "prekey": offer.prekey.hex(),
        "prekey_id": knock.prekey_id(offer.prekey).hex(),
        "source": offer.source.hex(),
        "dh1": x25519(sender.dh_private, offer.prekey).hex(),
        "dh2": x25519(receiver.dh_private, ephemeral).hex(),
        "dh3": x25519(keys.private, ephemeral).hex(),
        "transcript": sent.transcript.hex(),
        "c1": sent.c1.hex(),
        "plain": plain.hex(),
        "secret": sent.secret.hex(),
        "tag": sent.envelope[16:32].hex(),
        "envelope": sent.envelope.hex(),
        "envelope_id": envelope_id(sent.envelope).hex(),
        "answer": {**answer, "envelope": sealed.hex()},
    }


def _open(case: Case, envelope: bytes) -> knock.Received:
    receiver, card = person(case["receiver"])
    _, keys = _source(case)
    private = raw(case["answer"], "ratchet_private")
    return knock.open_(
        receiver,
        card,
        case["day"],
        case["slot"],
        envelope,
        lambda kind, name: keys,
        0,
        lambda: private,
    )


def _knock_opens(case: Case) -> None:
    received = _open(case, raw(case, "envelope"))
    expect(received.card == person(case["sender"])[1], "card of the sender")
    expect(received.first.data == raw(case, "data"), "data")
    expect(received.proven == (case["one_time_secret"] is not None), "proof")


LAYOUTS = [
    Layout("bundle", _bundle_cases, _bundle_build, _bundle_opens, ("envelope",)),
    Layout("knock", _knock_cases, _knock_build, _knock_opens, ("envelope", "answer")),
]

"""Recorded cards and codes."""

from twin import qr, xwing
from twin.card import Card, Identity, link, read_card, read_link
from twin.primitives import ed25519_public, x25519_public
from twin.records.fields import Case, Layout, chosen, expect, raw

DAY = 20_780
EXPIRY = 5_985_000


def person_fields(name: str) -> Case:
    """The inputs that a person follows from."""
    return {
        "seed": chosen(f"{name} seed"),
        "card_secret": chosen(f"{name} card secret"),
        "name": name,
    }


def person(case: Case) -> tuple[Identity, Card]:
    """The person of those inputs."""
    identity = Identity(raw(case, "seed"))
    return identity, read_card(identity.card(raw(case, "card_secret"), case["name"]))


def _card_cases() -> list[Case]:
    names = ("", "Aïda", "24 bytes, not one more!!")
    return [{"case": f"name of {len(n.encode())}", **person_fields(n)} for n in names]


def _card_build(case: Case) -> Case:
    identity, card = person(case)
    return {
        "sign_public": ed25519_public(identity.sign_seed).hex(),
        "dh_public": x25519_public(identity.dh_private).hex(),
        "card": card.raw.hex(),
        "card_id": card.card_id.hex(),
        "link": link(card.raw),
    }


def _card_opens(case: Case) -> None:
    card = read_card(raw(case, "card"))
    expect(card.name == case["name"], "name")
    expect(read_link(case["link"]) == card, "link")


def _qr_cases() -> list[Case]:
    fields = {
        "prekey_private": chosen("ospk"),
        "one_time_secret": chosen("ots", 16),
        "xek_seed": chosen("qr xek seed"),
    }
    return [{"case": "shown by Bob", **person_fields("Bob"), **fields}]


def _qr_build(case: Case) -> Case:
    owner, card = person(case)
    prekey = x25519_public(raw(case, "prekey_private"))
    secret, xek = raw(case, "one_time_secret"), xwing.public_key(raw(case, "xek_seed"))
    text = qr.make(owner, card.raw, prekey, secret, xek)
    payload = qr.read_base45(text[len(qr.PREFIX) :])
    return {"prekey": prekey.hex(), "payload": payload.hex(), "text": text}


def _qr_opens(case: Case) -> None:
    code = qr.read(case["text"])
    expect(code.one_time_secret == raw(case, "one_time_secret"), "one-time secret")
    expect(code.prekey == x25519_public(raw(case, "prekey_private")), "prekey")


LAYOUTS = [
    Layout("card", _card_cases, _card_build, _card_opens, ("card", "card_id")),
    Layout("qr", _qr_cases, _qr_build, _qr_opens, ("text",)),
]

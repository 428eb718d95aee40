"""Recorded values that two people compare, or two sides of a session."""

from twin import knock, verification
from twin.primitives import x25519_public
from twin.records.fields import Case, Layout, chosen, raw
from twin.records.people import person, person_fields


def _sas_cases() -> list[Case]:
    return [
        {
            "case": f"session {number}",
            "secret": chosen(f"sas secret {number}"),
            "initiator_random": chosen(f"r_a {number}"),
            "responder_random": chosen(f"r_b {number}"),
            "restart_secret": chosen(f"rs {number}"),
        }
        for number in range(3)
    ]


def _sas_build(case: Case) -> Case:
    secret, mine = raw(case, "secret"), raw(case, "initiator_random")
    string = verification.sas(secret, mine, raw(case, "responder_random"))
    return {
        "commitment": verification.commitment(mine).hex(),
        "sas": string.hex(),
        "symbols": verification.symbols(string),
        "confirmation": verification.confirmation(secret).hex(),
        "restart_proof": knock.restart_proof(raw(case, "restart_secret"), secret).hex(),
    }


def _sas_opens(case: Case) -> None:
    commitment = raw(case, "commitment")
    verification.check_commitment(commitment, raw(case, "initiator_random"))


def _link_sas_cases() -> list[Case]:
    sides = {
        side: {
            **person_fields(name),
            "prekey_private": chosen(f"link ospk {name}"),
            "random": chosen(f"link random {name}"),
        }
        for side, name in (("a", "Aïda"), ("b", "Bob"))
    }
    return [{"case": "without a camera", **sides}]


def _link_sas_build(case: Case) -> Case:
    sides = []
    for side in (case["a"], case["b"]):
        prekey = x25519_public(raw(side, "prekey_private"))
        sides.append((person(side)[1].raw, prekey, raw(side, "random")))
    string = verification.link_sas(*sides)
    return {
        "commitment": verification.link_commitment(*sides[0]).hex(),
        "sas": string.hex(),
        "symbols": verification.symbols(string),
    }


def _safety_cases() -> list[Case]:
    return [
        {"case": f"{a} and {b}", "a": person_fields(a), "b": person_fields(b)}
        for a, b in (("Aïda", "Bob"), ("Bob", "Aïda"), ("Aïda", "Aïda"))
    ]


def _safety_build(case: Case) -> Case:
    cards = [person(case[side])[1] for side in ("a", "b")]
    one, other = ((card.card_id, card.keys) for card in cards)
    return {"digits": verification.safety_number(one, other)}


def _nothing(case: Case) -> None:
    """For layouts that have nothing to open."""


LAYOUTS = [
    Layout("sas", _sas_cases, _sas_build, _sas_opens, ("commitment", "sas")),
    Layout(
        "link_sas", _link_sas_cases, _link_sas_build, _nothing, ("commitment", "sas")
    ),
    Layout("safety_number", _safety_cases, _safety_build, _nothing, ("digits",)),
]

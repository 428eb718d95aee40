"""Recorded values that two people compare."""

from twin import knock, verification
from twin.primitives import x25519_public
from twin.records.fields import Case, Layout, chosen, expect, raw
from twin.records.people import person, person_fields


def _sas_cases() -> list[Case]:
    return [
        {
            "case": f"session {number}",
            "verify": chosen(f"sas verify {number}"),
            "initiator_random": chosen(f"r_a {number}"),
            "responder_random": chosen(f"r_b {number}"),
            "session_id": chosen(f"session id {number}"),
            "restart_secret": chosen(f"rs {number}"),
        }
        for number in range(3)
    ]


def _sas_build(case: Case) -> Case:
    key, mine = raw(case, "verify"), raw(case, "initiator_random")
    string = verification.sas(key, mine, raw(case, "responder_random"))
    restart = knock.restart_proof(raw(case, "restart_secret"), raw(case, "session_id"))
    return {
        "commitment": verification.commitment(mine).hex(),
        "sas": string.hex(),
        "symbols": verification.symbols(string),
        "words": verification.words(string),
        "return_code": verification.return_code(key),
        "restart_proof": restart.hex(),
    }


def _sas_opens(case: Case) -> None:
    commitment = raw(case, "commitment")
    verification.check_commitment(commitment, raw(case, "initiator_random"))


def _nearby_cases() -> list[Case]:
    sides = {
        side: {
            **person_fields(name),
            "prekey_private": chosen(f"nearby ospk {name}"),
            "random": chosen(f"nearby random {name}"),
        }
        for side, name in (("a", "Aïda"), ("b", "Bob"))
    }
    return [{"case": "without a camera", **sides}]


def _nearby_build(case: Case) -> Case:
    opening, answer = (_hello(case[side]) for side in ("a", "b"))
    commitment = verification.nearby_commitment(opening)
    string = verification.nearby_sas(commitment, answer, opening)
    return {
        "commitment": commitment.hex(),
        "answer": answer.hex(),
        "opening": opening.hex(),
        "sas": string.hex(),
        "symbols": verification.symbols(string),
        "words": verification.words(string),
    }


def _hello(side: Case) -> bytes:
    prekey = x25519_public(raw(side, "prekey_private"))
    return verification.hello(person(side)[1].raw, prekey, raw(side, "random"))


def _nearby_opens(case: Case) -> None:
    answer, opening = raw(case, "answer"), raw(case, "opening")
    for theirs, ours, side in ((answer, opening, "b"), (opening, answer, "a")):
        card, prekey = verification.read_hello(theirs, ours)
        expect(card == person(case[side])[1], f"card of {side}")
        private = raw(case[side], "prekey_private")
        expect(prekey == x25519_public(private), f"prekey of {side}")
    verification.nearby_sas(raw(case, "commitment"), answer, opening)


def _safety_cases() -> list[Case]:
    return [
        {"case": f"{a} and {b}", "a": person_fields(a), "b": person_fields(b)}
        for a, b in (("Aïda", "Bob"), ("Bob", "Aïda"), ("Aïda", "Aïda"))
    ]


def _safety_build(case: Case) -> Case:
    cards = [person(case[side])[1] for side in ("a", "b")]
    one, other = ((card.card_id, card.keys) for card in cards)
    return {"digits": verification.safety_number(one, other)}


def _crossing_cases() -> list[Case]:
    kinds = ((1, 2), (1, 3), (4, 2), (3, 4))
    return [
        {
            "case": f"kinds {one} and {other}",
            "first": {"kind": one, "session_id": chosen(f"first {one} {other}")},
            "second": {"kind": other, "session_id": chosen(f"second {one} {other}")},
        }
        for one, other in kinds
    ]


def _crossing_build(case: Case) -> Case:
    one, other = (
        (case[which]["kind"], raw(case[which], "session_id"))
        for which in ("first", "second")
    )
    return {"first_wins": knock.wins_crossing(one, other)}


def _nothing(case: Case) -> None:
    """For layouts that have nothing to open."""


_SAS = ("commitment", "words", "return_code", "restart_proof")
_NEARBY = ("commitment", "answer", "opening", "words")

LAYOUTS = [
    Layout("sas", _sas_cases, _sas_build, _sas_opens, _SAS),
    Layout("nearby", _nearby_cases, _nearby_build, _nearby_opens, _NEARBY),
    Layout("safety_number", _safety_cases, _safety_build, _nothing, ("digits",)),
    Layout("crossing", _crossing_cases, _crossing_build, _nothing, ("first_wins",)),
]

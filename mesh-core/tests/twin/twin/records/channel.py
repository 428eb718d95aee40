"""Recorded channel roots, inner messages and posts."""

from twin import channel, inner
from twin.envelope import CLASS_SOS, CLASS_TEXT, envelope_id, header
from twin.inner import Inner
from twin.primitives import ed25519_public
from twin.records.fields import Case, Layout, chosen, expect, raw
from twin.records.people import DAY, EXPIRY

_SENT_MS = 1_795_392_000_123


def _message(case: Case) -> Inner:
    return Inner(
        case["kind"],
        raw(case, "message_id"),
        case["seq"],
        case["sent_ms"],
        case["ack_base"],
        case["ack_bits"],
        case["expire"],
        case["name"],
        raw(case, "body"),
    )


def _inner_case(name: str, body: bytes, author: str, *numbers: int) -> Case:
    seq, ack_base, ack_bits, expire = numbers
    return {
        "case": name,
        "kind": inner.KIND_TEXT,
        "message_id": chosen(f"inner {name}", 16),
        "seq": seq,
        "sent_ms": _SENT_MS,
        "ack_base": ack_base,
        "ack_bits": ack_bits,
        "expire": expire,
        "body": body.hex(),
        "name": author,
    }


def _inner_cases() -> list[Case]:
    text = inner.piece(0, 1, "Où est l’eau ?".encode())
    return [
        _inner_case("for one person", text, "", 0, 0, 0, 0),
        _inner_case("wide numbers", text, "", 251, 70_000, 1 << 40, 1 << 31),
        _inner_case("nothing but acknowledgements", b"", "", 3, 65_535, 250, 0),
        _inner_case("in a channel", text, "Aïda", 0, 0, 0, 0),
    ]


def _inner_build(case: Case) -> Case:
    return {"inner": inner.encode(_message(case)).hex()}


def _inner_opens(case: Case) -> None:
    numbers = (case[key] for key in ("seq", "ack_base", "ack_bits", "expire"))
    found = inner.decode(raw(case, "inner"), in_channel=not any(numbers))
    expect(found == _message(case), "the message")


def _root_cases() -> list[Case]:
    return [
        {"case": "the first channel", "public": "nearby", "phrase": None},
        {"case": "a name to be normalised", "public": " ##Ａïda#2  x", "phrase": None},
        {
            "case": "a phrase to be normalised",
            "public": None,
            "phrase": " Legal  winner\tthank ＹＥＡＲ wave sausage",
        },
    ]


def _root_build(case: Case) -> Case:
    if case["public"] is not None:
        return {"root": channel.public_root(case["public"]).hex()}
    return {"root": channel.phrase_root(case["phrase"]).hex()}


def _nothing(case: Case) -> None:
    """A root has nothing to open."""


def _post_case(name: str, size: int, body: bytes, class_code: int) -> Case:
    text = _inner_case(f"post {name}", inner.piece(0, 1, body), "Aïda", 0, 0, 0, 0)
    return {
        **text,
        "case": name,
        "root": chosen(f"root {name}"),
        "day": DAY,
        "slot": 4_095,
        "pseudonym_seed": chosen(f"pseudonym {name}"),
        "header": header(class_code, EXPIRY).hex(),
        "nonce": chosen(f"post nonce {name}", 24),
        "size": size,
    }


def _post_cases() -> list[Case]:
    sos = _post_case("SOS", 480, "à l’aide".encode(), CLASS_SOS)
    return [
        _post_case("small", 480, b"water at the square", CLASS_TEXT),
        _post_case("large", 1_920, b"x" * 1_500, CLASS_TEXT),
        {**sos, "kind": inner.KIND_SOS},
    ]


def _post_build(case: Case) -> Case:
    message = inner.encode(_message(case))
    root, day, slot = raw(case, "root"), case["day"], case["slot"]
    seed, nonce = raw(case, "pseudonym_seed"), raw(case, "nonce")
    head = raw(case, "header")
    envelope = channel.seal(root, day, slot, seed, head, nonce, case["size"], message)
    return {
        "inner": message.hex(),
        "pseudonym": ed25519_public(seed).hex(),
        "tag": envelope[16:32].hex(),
        "envelope": envelope.hex(),
        "envelope_id": envelope_id(envelope).hex(),
    }


def _post_opens(case: Case) -> None:
    root, envelope = raw(case, "root"), raw(case, "envelope")
    post = channel.open_(root, case["day"], case["slot"], envelope)
    expect(post.inner == _message(case), "the message")
    seed = raw(case, "pseudonym_seed")
    expect(post.pseudonym == ed25519_public(seed), "the author")


LAYOUTS = [
    Layout("inner", _inner_cases, _inner_build, _inner_opens, ("inner",)),
    Layout("channel_root", _root_cases, _root_build, _nothing, ("root",)),
    Layout("channel_post", _post_cases, _post_build, _post_opens, ("envelope",)),
]

"""Fields of a recorded case: bytes are lower-case hex, numbers are numbers."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Case = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """How one layout is recorded and replayed.

    `required` names the outputs that a record must have; the others tell where
    two implementations part, and are compared where they stand.
    """

    name: str
    cases: Callable[[], list[Case]]
    build: Callable[[Case], Case]
    opens: Callable[[Case], None]
    required: tuple[str, ...]


class Differs(Exception):
    """A recorded value that is not the computed one."""


def raw(case: Case, key: str) -> bytes:
    """The bytes of a field."""
    return bytes.fromhex(case[key])


def raw_or_none(case: Case, key: str) -> bytes | None:
    """The bytes of a field that may be null."""
    return None if case[key] is None else raw(case, key)


def chosen(name: str, length: int = 32) -> str:
    """Hex of bytes that follow from a name, where a real sender draws."""
    digest = hashlib.shake_256(b"twin record: " + name.encode())
    return digest.hexdigest(length)


def expect(condition: bool, what: str) -> None:
    """Fails the check unless `condition` holds."""
    if not condition:
        raise Differs(what)


# Outputs inside a step or an operation that a record must have.
_REQUIRED_INSIDE = ("envelope", "result", "opened", "author", "op", "eid", "seq")


def differences(layout: Layout, computed: Case, case: Case) -> Iterator[str]:
    """Where a recorded case differs from what was computed of its inputs."""
    for key in layout.required:
        if key not in case:
            yield f"{key} is missing"
    for key, value in computed.items():
        if key in case:
            yield from _differences(value, case[key], key)


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key in found:
                yield from _differences(value, found[key], f"{path}.{key}")
            elif key in _REQUIRED_INSIDE:
                yield f"{path}.{key} is missing"
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path} has {len(found)} items, not {len(expected)}"
        for number, pair in enumerate(zip(expected, found, strict=False)):
            yield from _differences(*pair, f"{path}[{number}]")
    elif expected != found:
        at = _first_difference(str(expected), str(found))
        yield f"{path} is {_from(found, at)}, computed {_from(expected, at)}"


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _from(value: Any, at: int) -> str:
    """A short value whole, a long one from the byte at which two of them part."""
    text = str(value)
    if len(text) <= 64:
        return repr(value)
    return f"…{text[at // 2 * 2 :][:32]}… from byte {at // 2} of {len(text) // 2}"

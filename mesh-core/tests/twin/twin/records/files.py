"""Reading, writing and checking the files of recorded runs."""

import json
import pathlib
from typing import Any

from twin.primitives import Refused
from twin.records import (
    channel,
    comparison,
    first_contact,
    group,
    hostile,
    people,
    session,
)
from twin.records.fields import Case, Differs, Layout, differences

SCHEMA = 1
ROOT = pathlib.Path(__file__).parents[4] / "testdata" / "twin"
OWN, OTHER = ROOT / "python", ROOT / "rust"

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for module in (
        *(people, first_contact, comparison, session, channel, group),
        hostile,
    )
    for layout in module.LAYOUTS
}


def _dump(layout: Layout, cases: list[Case]) -> str:
    content = {"schema": SCHEMA, "layout": layout.name, "cases": cases}
    return _text(content, 2) + "\n"


def _text(value: Any, depth: int) -> str:
    """JSON with one line for each field of a case and each item of its lists."""
    if isinstance(value, dict) and depth > 0:
        fields = (f"{json.dumps(key)}: {_text(value[key], depth - 1)}" for key in value)
        return "{\n" + ",\n".join(fields) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(_text(item, depth) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def computed(layout: Layout) -> str:
    """The file that this implementation writes for a layout."""
    cases = [{**case, **layout.build(case)} for case in layout.cases()]
    return _dump(layout, cases)


def write_all() -> None:
    """Writes the own recorded runs anew."""
    OWN.mkdir(parents=True, exist_ok=True)
    for name, layout in LAYOUTS.items():
        (OWN / f"{name}.json").write_text(computed(layout), encoding="utf-8")


def check_file(path: pathlib.Path) -> tuple[int, list[str]]:
    """Number of cases, and what is wrong with them."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("schema") != SCHEMA:
        return 0, [f"{path.name}: schema {content.get('schema')}, not {SCHEMA}"]
    layout = LAYOUTS.get(content.get("layout"))
    if layout is None:
        return 0, [f"{path.name}: unknown layout {content.get('layout')}"]
    cases, wrong = content["cases"], []
    for number, case in enumerate(cases):
        label = f"{path.name}: case {number} ({case.get('case', 'without a name')})"
        wrong += [f"{label}: {line}" for line in _check_case(layout, case)]
    return len(cases), wrong


def _check_case(layout: Layout, case: Case) -> list[str]:
    lines: list[str] = []
    try:
        lines += differences(layout, layout.build(case), case)
    except (Differs, Refused, ValueError, KeyError, IndexError) as error:
        lines.append(f"cannot be computed: {type(error).__name__}: {error}")
    try:
        layout.opens(case)
    except (Differs, Refused, ValueError, KeyError, IndexError) as error:
        lines.append(f"does not open: {type(error).__name__}: {error}")
    return lines


def check_folder(folder: pathlib.Path) -> tuple[list[str], list[str]]:
    """What was checked, one line a file, and what is wrong."""
    told, wrong = [], []
    for path in sorted(folder.glob("*.json")):
        cases, found = check_file(path)
        told.append(f"{path.name}: {cases} cases, {len(found)} differences")
        wrong += found
    return told, wrong


def check_own_is_current() -> list[str]:
    """Own files that are missing or are not what this code writes."""
    stale = []
    for name, layout in LAYOUTS.items():
        path = OWN / f"{name}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != computed(layout):
            stale.append(f"{path.name} is not what `run --record` writes")
    return stale

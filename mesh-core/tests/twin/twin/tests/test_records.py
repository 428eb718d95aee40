"""The check of recorded runs: it passes what fits, and finds what does not."""

import json
import pathlib
import tempfile
import unittest
from typing import Any

from twin.records import files
from twin.records.fields import Case

# Fields that are outputs wherever they stand, as README lists them.
OUTPUTS = (
    *("card", "text", "envelope", "commitment", "digits", "op", "root", "inner"),
    "result",
)


def spoil(value: Any) -> bool:
    """Changes the last output that is found in a case; false if there is none."""
    if isinstance(value, list):
        return any(spoil(item) for item in reversed(value))
    if not isinstance(value, dict):
        return False
    for key in OUTPUTS:
        text = value.get(key)
        if isinstance(text, str) and len(text) > 8:
            value[key] = text[:-1] + ("0" if text[-1] != "0" else "1")
            return True
    if value.get("result") in ("miss", "opened"):
        value["result"] = "refused"
        return True
    if "first_wins" in value:
        value["first_wins"] = not value["first_wins"]
        return True
    return any(spoil(item) for item in value.values())


class Check(unittest.TestCase):
    def check(self, content: Case) -> list[str]:
        """What is wrong with a file of that content."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "file.json"
            path.write_text(json.dumps(content), "utf-8")
            return files.check_file(path)[1]

    def content(self, name: str) -> Case:
        """The own file of a layout, with its first case alone."""
        layout = files.LAYOUTS[name]
        case = layout.cases()[0]
        cases = [{**case, **layout.build(case)}]
        return {"schema": files.SCHEMA, "layout": name, "cases": cases}

    def test_every_layout_fits_and_a_changed_output_is_found(self) -> None:
        for name in files.LAYOUTS:
            with self.subTest(layout=name):
                content = self.content(name)
                self.assertEqual(self.check(content), [])
                self.assertTrue(spoil(content["cases"]))
                self.assertNotEqual(self.check(content), [])

    def test_missing_output_is_found(self) -> None:
        for name, layout in files.LAYOUTS.items():
            content = self.content(name)
            del content["cases"][0][layout.required[0]]
            with self.subTest(layout=name):
                self.assertNotEqual(self.check(content), [])

    def test_output_that_only_explains_may_be_left_out(self) -> None:
        content = self.content("knock")
        for key in ("dh1", "dh2", "dh3", "transcript", "secret", "source"):
            del content["cases"][0][key]
        self.assertEqual(self.check(content), [])

    def test_unknown_schema_and_layout_are_found(self) -> None:
        self.assertNotEqual(self.check({"schema": 99, "layout": "card"}), [])
        self.assertNotEqual(self.check({"schema": 1, "layout": "cards"}), [])

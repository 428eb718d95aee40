"""`run`: the twin's own tests, then the recorded runs of both sides."""

import argparse
import os
import sys
import time
import unittest

from twin.records import files


def _tests() -> bool:
    suite = unittest.defaultTestLoader.discover("twin/tests", top_level_dir=".")
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    return result.wasSuccessful() and result.testsRun > 0


def _records() -> list[str]:
    wrong = files.check_own_is_current()
    for title, folder in (("python", files.OWN), ("rust", files.OTHER)):
        told, found = files.check_folder(folder)
        if not told:
            print(f"recorded by {title}: nothing is there, nothing was checked")
        for line in told:
            print(f"recorded by {title}: {line}")
        wrong += found
    missing = files.LAYOUTS.keys() - {path.stem for path in files.OTHER.glob("*.json")}
    if missing and any(files.OTHER.glob("*.json")):
        print(f"recorded by rust: no file for {', '.join(sorted(missing))}")
    return wrong


def main() -> int:
    """Exit code 0 if everything fits."""
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the own runs anew")
    parser.add_argument("--long", action="store_true", help="longer random runs")
    parser.add_argument(
        "--only-records", action="store_true", help="leave out the tests"
    )
    arguments = parser.parse_args()
    if arguments.long:
        os.environ["TWIN_LONG"] = "1"
    begun = time.monotonic()
    if arguments.record:
        files.write_all()
    fits = arguments.only_records or _tests()
    wrong = _records()
    for line in wrong:
        print(f"WRONG {line}")
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if fits and not wrong else 1


sys.exit(main())

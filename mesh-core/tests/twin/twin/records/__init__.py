"""Recorded runs: files of inputs and exact outputs that either side replays.

Each layout has `cases()`, which chooses inputs; `build(case)`, which computes
every output from the inputs; and `opens(case)`, which takes the recorded bytes
as a receiver would. `README.md` states the fields.
"""

"""Recorded runs of a session: what each side sent, and what each delivery did.

Steps are played in order. A delivery names the message by its number among the
sends; `flip` is the number of the bit that was changed on the way. A skip is a
number of messages that are sealed and never delivered: they leave no trace but
the place in the chain, so that their salts and data are not recorded. What is
96 hours old is erased before each delivery.
"""

import random
from collections.abc import Sequence

from twin.envelope import CLASS_TEXT, header, pad
from twin.primitives import Refused, aead_seal, u32, x25519_public
from twin.ratchet import (
    SKIPPED_LIFE_MS,
    Miss,
    Ratchet,
    Unanswered,
    Waiting,
    body_key,
    head_key,
    kdf_chain,
    kdf_head,
)
from twin.records.fields import Case, Layout, chosen, expect, raw
from twin.records.people import EXPIRY

START_MS = 1_795_392_000_000
_SIDES = ("a", "b")


def _sides(case: Case) -> dict[str, Ratchet]:
    one, other = (raw(case["card_ids"], side) for side in _SIDES)
    ad = min(one, other) + max(one, other)
    secret, prekey = raw(case, "secret"), raw(case, "prekey_private")
    initiator = Ratchet.initiator(
        secret, x25519_public(prekey), raw(case, "ratchet_private"), ad
    )
    return {"a": initiator, "b": Ratchet.responder(secret, prekey, ad)}


class _Player:
    """Plays the steps of a case and completes each with what came of it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.sides = _sides(case)
        self.wires: list[bytes] = []

    def play(self, step: Case) -> Case:
        """The step with its outputs."""
        if step["op"] == "inject":
            self.wires.append(raw(step, "envelope"))
        side = self.sides[step["who"]] if "who" in step else None
        if side is None:
            return step
        if step["op"] == "send":
            return self._send(step, side)
        if step["op"] == "skip":
            expect(not side.is_due, "a skip that begins a chain")
            for _ in range(step["count"]):
                side.seal(raw(self.case, "header"), 480, bytes(8), b"", _no_draw)
        if step["op"] == "blocked":
            return {**step, "result": self._blocked(side)}
        if step["op"] == "acknowledge":
            side.acknowledge(step["seq"])
        if step["op"] == "deliver":
            return self._deliver(step, side)
        return step

    def _send(self, step: Case, side: Ratchet) -> Case:
        expect(side.is_due == ("ratchet_private" in step), "another number of keys")
        wire = side.seal(
            raw(self.case, "header"),
            step["size"],
            raw(step, "salt"),
            raw(step, "data"),
            lambda: raw(step, "ratchet_private"),
        )
        # What was recorded is what travels, so that each side is judged alone.
        self.wires.append(raw(step, "envelope") if "envelope" in step else wire)
        return {**step, "envelope": wire.hex(), "seq": side.sealed - 1}

    def _blocked(self, side: Ratchet) -> str:
        try:
            side.seal(raw(self.case, "header"), 480, bytes(8), b"", _no_draw)
        except Waiting:
            return "waiting"
        except Unanswered:
            return "unanswered"
        return "sealed"

    def _deliver(self, step: Case, side: Ratchet) -> Case:
        wire = bytearray(self.wires[step["message"]])
        if step["flip"] is not None:
            wire[step["flip"] // 8] ^= 1 << step["flip"] % 8
        done = dict(step)
        try:
            opened = side.open(bytes(wire), step["at_ms"])
            done |= {"result": "opened", "opened": opened.data.hex(), "seq": opened.seq}
        except Miss:
            done["result"] = "miss"
        except Refused:
            done["result"] = "refused"
        return {**done, "skipped": side.skipped}


def _no_draw() -> bytes:
    raise ValueError("a key is drawn where none is recorded")


def build(case: Case) -> Case:
    """Plays all steps."""
    player = _Player(case)
    return {"steps": [player.play(step) for step in case["steps"]]}


class _Writer:
    """Writes a run; whether a message begins a chain is found by playing it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sends = 0
        self.case: Case = {
            "case": name,
            "secret": self._draw("secret"),
            "card_ids": {side: self._draw(f"card {side}") for side in _SIDES},
            "prekey_private": self._draw("prekey"),
            "ratchet_private": self._draw("ratchet"),
            "header": header(CLASS_TEXT, EXPIRY).hex(),
            "steps": [],
        }
        self.player = _Player(self.case)

    def _draw(self, what: str, length: int = 32) -> str:
        return chosen(f"session {self.name} {what}", length)

    def send(self, who: str, size: int = 480) -> int:
        """Adds a send; gives the number of the message."""
        number, self.sends = self.sends, self.sends + 1
        step = {
            "op": "send",
            "who": who,
            "size": size,
            "salt": self._draw(f"salt {number}", 8),
            "data": f"{who} {number}".encode().hex(),
        }
        if self.player.sides[who].is_due:
            step["ratchet_private"] = self._draw(f"ratchet {number}")
        self.player.play(step)
        self.case["steps"].append(step)
        return number

    def add(self, op: str, who: str, **fields: int) -> None:
        """Adds a step of another kind."""
        step = {"op": op, "who": who, **fields}
        self.player.play(step)
        self.case["steps"].append(step)

    def skip(self, who: str, count: int) -> None:
        """Adds a number of messages that nobody will see."""
        self.add("skip", who, count=count)

    def chain(
        self, who: str, length: int, kept: Sequence[int], begin: int = 0
    ) -> dict[int, int]:
        """Adds sends up to `length`, of which those at `kept` are recorded.

        Gives their numbers; the chain has `begin` messages already.
        """
        numbers, at = {}, begin
        for place in kept:
            if place > at:
                self.skip(who, place - at)
            numbers[place], at = self.send(who), place + 1
        if length > at:
            self.skip(who, length - at)
        return numbers

    def forge(
        self, who: str, claim: int, key: bytes | None = None, padding: bytes = b""
    ) -> int:
        """Adds a message that no honest sender makes, in the place of its next one."""
        number, self.sends = self.sends, self.sends + 1
        side = self.player.sides[who]
        state = side._state
        assert state.send_head and state.send_chain and state.dh_private
        _, tag, header_key = kdf_head(state.send_head)
        message_key, _ = kdf_chain(state.send_chain)
        public = x25519_public(state.dh_private) if key is None else key
        wire = clear = raw(self.case, "header") + tag + bytes(8)
        seal_key = head_key(header_key, bytes(8))
        wire += aead_seal(seal_key, public + u32(claim), clear + side._ad)
        padded = pad(b"forged", 372 - len(padding)) + padding
        wire += aead_seal(body_key(message_key, bytes(8)), padded, wire + side._ad)
        step = {"op": "inject", "envelope": wire.hex()}
        self.player.play(step)
        self.case["steps"].append(step)
        self.skip(who, 1)
        return number

    def drop(self, message: int) -> None:
        """Adds the loss of a message, for whoever reads the file."""
        self.case["steps"].append({"op": "drop", "message": message})

    def deliver(
        self, who: str, message: int, at_ms: int, flip: int | None = None
    ) -> None:
        """Adds a delivery."""
        step: Case = {
            "op": "deliver",
            "who": who,
            "message": message,
            "at_ms": at_ms,
            "flip": flip,
        }
        self.player.play(step)
        self.case["steps"].append(step)


def _mixed() -> Case:
    """200 messages with loss, delay, repetition and altered copies."""
    run, chance = _Writer("200 messages"), random.Random(20_780)
    due: list[tuple[int, str, int]] = []
    now_ms = START_MS
    for turn in range(230):
        now_ms += chance.randrange(60_000)
        if turn < 200:
            who = "a" if turn < 3 else chance.choice(_SIDES)
            who = who if run.player.sides[who].can_send else "a"
            message = run.send(who, 1_920 if turn % 40 == 7 else 480)
            other = "b" if who == "a" else "a"
            if chance.random() < 0.2:
                run.drop(message)
            else:
                for _ in range(1 + (chance.random() < 0.15)):
                    due.append((turn + chance.choice((0, 0, 1, 5, 25)), other, message))
        now = [item for item in due if item[0] <= turn]
        due = [item for item in due if item[0] > turn]
        chance.shuffle(now)
        for _, who, message in now:
            if chance.random() < 0.15:
                run.deliver(who, message, now_ms, chance.randrange(8 * 480))
            run.deliver(who, message, now_ms)
    return run.case


def _long_gap() -> Case:
    """A gap of 639: found by the tag of 640, and the newest 512 keys are kept."""
    run = _Writer("long gap")
    numbers = run.chain("a", 641, (0, 127, 128, 639, 640))
    for place in (0, 640, 127, 128, 639, 128):
        run.deliver("b", numbers[place], START_MS)
    return run.case


def _windows() -> Case:
    """Edges of the windows of the next and of the current chain, and of sending."""
    run = _Writer("windows")
    run.add("blocked", "b")
    numbers = run.chain("a", 1_024, (0, 63, 65, 128, 192, 193, 960, 1_023))
    run.add("blocked", "a")
    for place in (65, 1_023, 0, 193):
        run.deliver("b", numbers[place], START_MS)
    run.add("acknowledge", "a", seq=0)
    numbers |= run.chain("a", 1_025, (1_024,), begin=1_024)
    run.add("blocked", "a")
    for place in (128, 1_024, 1_023, 192, 960, 63):
        run.deliver("b", numbers[place], START_MS)
    run.add("acknowledge", "a", seq=1_024)
    run.deliver("b", run.send("a"), START_MS)
    return run.case


def _turns() -> Case:
    """Both ends of chains are lost and come late, and numbers go on over chains."""
    run, late = _Writer("turns"), []
    for turn in range(6):
        who, other = ("a", "b") if turn % 2 == 0 else ("b", "a")
        sent = [run.send(who) for _ in range(4)]
        late += [(other, sent[0]), (other, sent[3])]
        run.deliver(other, sent[1], START_MS + turn)
    # The next message says how long the chain before was.
    for who, other in (("a", "b"), ("b", "a")):
        run.deliver(other, run.send(who), START_MS + 10)
    for who, message in reversed(late):
        run.deliver(who, message, START_MS + 20)
    return run.case


def _clock() -> Case:
    """A clock that was ahead and was put right: the 96 hours begin again."""
    run = _Writer("a clock that was ahead")
    numbers = [run.send("a") for _ in range(4)]
    ahead_ms = START_MS + 10 * SKIPPED_LIFE_MS
    run.deliver("b", numbers[2], ahead_ms)
    run.deliver("b", numbers[3], START_MS)
    run.deliver("b", numbers[1], START_MS + SKIPPED_LIFE_MS - 1)
    run.deliver("b", numbers[0], START_MS + SKIPPED_LIFE_MS)
    return run.case


def _lifetime() -> Case:
    """Skipped keys open until 96 hours after they were skipped."""
    run = _Writer("lifetime of skipped keys")
    numbers = [run.send("a") for _ in range(4)]
    run.deliver("b", numbers[3], START_MS)
    run.deliver("b", numbers[1], START_MS + SKIPPED_LIFE_MS - 1)
    run.deliver("b", numbers[0], START_MS + SKIPPED_LIFE_MS)
    run.deliver("b", run.send("a"), START_MS + SKIPPED_LIFE_MS)
    return run.case


def _forged() -> Case:
    """What a sender may not claim, and a ratchet key that contributes nothing."""
    run = _Writer("forged")
    low = [bytes(32), b"\x01" + bytes(31), b"\x01" + bytes(30) + b"\x80"]
    for message in (
        run.forge("a", 1),
        *[run.forge("a", 0, key) for key in low],
        run.forge("a", 0, padding=b"\x01"),
        run.send("a"),
        run.forge("a", 9, low[0]),
    ):
        # In a chain that is known, what its headers repeat is not looked at.
        run.deliver("b", message, START_MS)
    run.deliver("a", run.send("b"), START_MS)
    run.drop(run.send("a"))
    for claim in (2**32 - 1, 7 + 1_025, 7 + 1_024):
        run.deliver("b", run.forge("a", claim), START_MS)
    run.deliver("b", run.send("a"), START_MS)
    return run.case


def _opens(case: Case) -> None:
    found = build(case)["steps"]
    opened = [step for step in found if step.get("result") == "opened"]
    expect(len(opened) > 0, "a run in which nothing opens")
    for step in opened:
        sent = _sends(case)[step["message"]]
        data = sent.get("data", b"forged".hex())
        expect(step["opened"] == data, f"message {step['message']}")


def _sends(case: Case) -> list[Case]:
    return [step for step in case["steps"] if step["op"] in ("send", "inject")]


def _cases() -> list[Case]:
    return [
        _mixed(),
        _long_gap(),
        _windows(),
        _turns(),
        _lifetime(),
        _clock(),
        _forged(),
    ]


LAYOUTS = [Layout("session", _cases, build, _opens, ("steps",))]

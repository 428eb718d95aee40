"""Recorded groups: operations, the keys that follow, and messages in each epoch.

Members and operations are named by their number in the case's lists. The first
operation founds the group; each later one names its parents.
"""

from twin import labels, rekey
from twin.envelope import CLASS_TEXT, header
from twin.group import Epoch
from twin.primitives import Refused
from twin.ratchet import Miss
from twin.records.fields import Case, Layout, chosen, expect, raw
from twin.records.people import EXPIRY
from twin.rekey import Changes, Member, Operation, Roster, member_id, new_member

_CONTROL = "control"


class _Player:
    """The group as each of its members sees it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.gid = raw(case, "gid")
        self.members = [_member(fields) for fields in case["members"]]
        self.names = [member_id(self.gid, member.gsk) for member in self.members]
        self.operations: list[Operation] = []
        self.ops: list[bytes] = []
        self.epochs: dict[tuple[int, int, str], Epoch] = {}
        self.wires: list[bytes] = []

    def operate(self, fields: Case) -> Case:
        """An operation with its outputs; every member in it opens it."""
        actor = fields["actor"]
        parents = tuple(self.operations[number].eid for number in fields["parents"])
        # All operations recorded here have at most one parent: no merge.
        before: Roster = {}
        if fields["parents"]:
            before = self.operations[fields["parents"][0]].roster
        changes = Changes(
            tuple(self.members[number] for number in fields["adds"]),
            tuple(self.names[number] for number in fields["removes"]),
            tuple((self.names[number], role) for number, role in fields["roles"]),
        )
        seed = raw(self.case["members"][actor], "gsk_seed")
        secret = raw(fields, "secret")
        op = rekey.make(self.gid, parents, seed, before, changes, secret)
        recorded = raw(fields, "op") if "op" in fields else op
        opened = self._open_all(before, recorded)
        self.operations.append(opened)
        return {
            **fields,
            "op": op.hex(),
            "eid": opened.eid.hex(),
            "roster": [self.names.index(name) for name in sorted(opened.roster)],
            "message_chains": self._chains(labels.GROUP_SEND, opened),
            "control_chains": self._chains(labels.GROUP_CONTROL, opened),
        }

    def _open_all(self, before: Roster, op: bytes) -> Operation:
        """Every member of the new roster opens it to the same."""
        found: list[Operation] = []
        for fields in self.case["members"]:
            try:
                key = raw(fields, "mk_private")
                found.append(rekey.open_(self.gid, before, [key], op))
            except Refused:
                continue
        expect(len(found) > 0, "an operation that nobody opens")
        expect(len(found) == len(found[0].roster), "who can open an operation")
        expect(all(one == found[0] for one in found), "an operation that differs")
        return found[0]

    def _chains(self, label: bytes, operation: Operation) -> list[str]:
        """`CK_0 ‖ HC_0` of each member, in the order of the member ids."""
        return [
            b"".join(
                rekey.chain_keys(label, operation.eid, operation.secret, name)
            ).hex()
            for name in sorted(operation.roster)
        ]

    def _epoch(self, epoch: int, member: int, chain: str) -> Epoch:
        key = (epoch, member, chain)
        if key not in self.epochs:
            seed = raw(self.case["members"][member], "gsk_seed")
            operation = self.operations[epoch]
            expect(self.names[member] in operation.roster, "a member of the epoch")
            self.epochs[key] = Epoch(
                self.gid, operation, self.names[member], seed, chain == _CONTROL
            )
        return self.epochs[key]

    def play(self, step: Case) -> Case:
        """A step with its outputs."""
        epoch = self._epoch(step["epoch"], step["who"], step["chain"])
        if step["op"] == "send":
            salt, data = raw(step, "salt"), raw(step, "data")
            head = raw(self.case, "header")
            wire = epoch.sending.seal(head, step["size"], salt, data)
            self.wires.append(raw(step, "envelope") if "envelope" in step else wire)
            return {**step, "envelope": wire.hex()}
        envelope = bytearray(self.wires[step["message"]])
        if step["flip"] is not None:
            envelope[step["flip"] // 8] ^= 1 << step["flip"] % 8
        try:
            author, data = epoch.open(bytes(envelope))
        except Miss:
            return {**step, "result": "miss"}
        except Refused:
            return {**step, "result": "refused"}
        return {
            **step,
            "result": "opened",
            "author": self.names.index(author),
            "opened": data.hex(),
        }


def _member(fields: Case) -> Member:
    return new_member(
        raw(fields, "gsk_seed"), raw(fields, "mk_private"), fields["role"]
    )


def build(case: Case) -> Case:
    """Plays operations, then steps."""
    player = _Player(case)
    return {
        "member_ids": [name.hex() for name in player.names],
        "operations": [player.operate(fields) for fields in case["operations"]],
        "steps": [player.play(step) for step in case["steps"]],
    }


def _opens(case: Case) -> None:
    steps = build(case)["steps"]
    sends = [step for step in steps if step["op"] == "send"]
    opened = [step for step in steps if step.get("result") == "opened"]
    expect(len(opened) > 0, "a run in which nothing opens")
    for step in opened:
        sent = sends[step["message"]]
        expect(step["opened"] == sent["data"], f"message {step['message']}")
        expect(step["author"] == sent["who"], f"author of {step['message']}")


def _operation(number: int, actor: int, parents: list[int], **changes: object) -> Case:
    nothing: Case = {"adds": [], "removes": [], "roles": []}
    secret = chosen(f"group es {number}")
    head = {"actor": actor, "secret": secret, "parents": parents}
    return {**head, **nothing, **changes}


def _operations() -> list[Case]:
    roles = [[1, rekey.ROLE_ADMIN], [3, rekey.ROLE_MEMBER]]
    return [
        _operation(0, 0, [], adds=[0, 1, 2, 3]),
        _operation(1, 0, [0], adds=[4], removes=[2], roles=roles),
        _operation(2, 1, [1]),
    ]


class _Writer:
    """Writes the steps of the recorded group."""

    def __init__(self) -> None:
        self.steps: list[Case] = []
        self.sends: list[tuple[int, str]] = []

    def send(
        self, epoch: int, who: int, chain: str = "messages", size: int = 480
    ) -> int:
        """Adds a send; gives the number of the message."""
        number = len(self.sends)
        self.sends.append((epoch, chain))
        step = {"op": "send", "epoch": epoch, "who": who, "chain": chain, "size": size}
        step |= {
            "salt": chosen(f"group salt {number}", 8),
            "data": f"member {who}, message {number}".encode().hex(),
        }
        self.steps.append(step)
        return number

    def deliver(self, message: int, *readers: int, flip: int | None = None) -> None:
        """Adds a delivery to each reader."""
        epoch, chain = self.sends[message]
        for who in readers:
            step = {"op": "deliver", "epoch": epoch, "who": who, "chain": chain}
            self.steps.append({**step, "message": message, "flip": flip})


def _steps() -> list[Case]:
    run = _Writer()
    first = [run.send(0, author) for author in (0, 1, 2, 3)]
    run.deliver(first[0], 1, 2, 3)
    run.deliver(first[2], 3, 0)
    run.deliver(first[0], 1)
    own = [run.send(1, 4) for _ in range(34)]
    for message, flip in ((32, None), (31, None), (33, 3_000), (33, None), (0, 5)):
        run.deliver(own[message], 0, flip=flip)
    run.deliver(own[0], 0, 1, 3)
    control = [run.send(1, 0, _CONTROL) for _ in range(2)]
    run.deliver(control[1], 1, 4)
    run.deliver(control[0], 4)
    large = run.send(2, 1, size=1_920)
    run.deliver(large, 0, 3, 4)
    return run.steps


def _cases() -> list[Case]:
    roles = (
        rekey.ROLE_OWNER,
        rekey.ROLE_MEMBER,
        rekey.ROLE_MEMBER,
        rekey.ROLE_ADMIN,
        0,
    )
    members = [
        {
            "gsk_seed": chosen(f"gsk {number}"),
            "mk_private": chosen(f"mk {number}"),
            "role": role,
        }
        for number, role in enumerate(roles)
    ]
    case = {
        "case": "founded by four, one leaves, one comes",
        "gid": chosen("gid"),
        "header": header(CLASS_TEXT, EXPIRY).hex(),
        "members": members,
        "operations": _operations(),
        "steps": _steps(),
    }
    return [case]


_OUTPUTS = ("member_ids", "operations", "steps")
LAYOUTS = [Layout("group", _cases, build, _opens, _OUTPUTS)]

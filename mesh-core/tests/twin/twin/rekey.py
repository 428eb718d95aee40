"""The one membership operation of a group, Rekey (section 6).

    op   = count u8 ‖ parents × 32 ‖ actor 16 ‖ count u16 ‖ wraps × 80 ‖ sealed
    wrap = HPKE-Base(MK of a member, ES), its randomness derived from ES

The page leaves the inside of the sealed part open; `Changes` states the form
chosen here. Who may do what, and the merge of concurrent operations, are not
here: an operation is opened against the roster that its opener already merged.
"""

from dataclasses import dataclass

from twin import hpke, labels
from twin.primitives import (
    Refused,
    aead_open,
    aead_seal,
    ed25519_public,
    expand,
    hkdf,
    read_uint,
    require,
    sha256,
    sign,
    u8,
    u16,
    verify,
    x25519_public,
)

PARENTS_MAX = 8
MEMBERS_MAX = 200
MEMBER_ID_BYTES = 16
MK_ID_BYTES = 8
WRAP_BYTES = 80

ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER = range(3)


@dataclass(frozen=True)
class Member:
    """What the roster says of one member: public GSK and MK, and a role."""

    gsk: bytes
    mk: bytes
    role: int


Roster = dict[bytes, Member]


def member_id(gid: bytes, gsk: bytes) -> bytes:
    """The 16 bytes that name a member in one group."""
    return sha256(labels.MEMBER + gid + gsk)[:MEMBER_ID_BYTES]


def mk_id(mk: bytes) -> bytes:
    """The 8 bytes that name an MK."""
    return sha256(mk)[:MK_ID_BYTES]


@dataclass(frozen=True)
class Changes:
    """What an operation changes: lists with a count of two bytes before each.

    Adds are `GSK 32 ‖ MK 32 ‖ role 1`, removes `member id 16`, roles
    `member id 16 ‖ role 1`.
    """

    adds: tuple[Member, ...] = ()
    removes: tuple[bytes, ...] = ()
    roles: tuple[tuple[bytes, int], ...] = ()

    def encode(self) -> bytes:
        """The bytes of the three lists."""
        adds = [member.gsk + member.mk + u8(member.role) for member in self.adds]
        roles = [member + u8(role) for member, role in self.roles]
        lists = (adds, list(self.removes), roles)
        return b"".join(u16(len(items)) + b"".join(items) for items in lists)

    def apply(self, gid: bytes, roster: Roster) -> Roster:
        """The roster after the operation; a change that changes nothing is refused."""
        after = dict(roster)
        for removed in self.removes:
            require(after.pop(removed, None) is not None, "removes nobody")
        for added in self.adds:
            name = member_id(gid, added.gsk)
            require(name not in after, "adds who is there")
            after[name] = added
        for name, role in self.roles:
            require(name in after, "a role for nobody")
            after[name] = Member(after[name].gsk, after[name].mk, role)
        require(0 < len(after) <= MEMBERS_MAX, "too few or too many members")
        return after


@dataclass(frozen=True)
class Operation:
    """An opened operation, and what follows from it."""

    eid: bytes
    parents: tuple[bytes, ...]
    actor: bytes
    changes: Changes
    secret: bytes
    roster: Roster


def _items(data: bytes, width: int) -> tuple[list[bytes], bytes]:
    """A counted list of fields of one width, and what comes after it."""
    require(len(data) >= 2, "no room for a count")
    count = read_uint(data[:2])
    end = 2 + count * width
    require(count <= MEMBERS_MAX and end <= len(data), "a list is too long")
    items = [data[at : at + width] for at in range(2, end, width)]
    return items, data[end:]


def _read_changes(data: bytes) -> tuple[Changes, bytes]:
    adds, data = _items(data, 65)
    removes, data = _items(data, MEMBER_ID_BYTES)
    roles, data = _items(data, MEMBER_ID_BYTES + 1)
    changes = Changes(
        tuple(Member(item[:32], item[32:64], item[64]) for item in adds),
        tuple(removes),
        tuple((item[:-1], item[-1]) for item in roles),
    )
    codes = [member.role for member in changes.adds]
    codes += [role for _, role in changes.roles]
    require(all(code <= ROLE_OWNER for code in codes), "unknown role")
    return changes, data


def _wrap(gid: bytes, parents: bytes, secret: bytes, name: bytes, mk: bytes) -> bytes:
    randomness = expand(secret, labels.WRAP + name, 32)
    return hpke.seal(mk, secret, labels.REKEY + gid + parents, randomness)


def _op_key(secret: bytes) -> bytes:
    return expand(secret, labels.OP, 32)


def make(
    gid: bytes,
    parents: tuple[bytes, ...],
    gsk_seed: bytes,
    roster: Roster,
    changes: Changes,
    secret: bytes,
) -> bytes:
    """The bytes of an operation; `secret` is ES, 32 random bytes.

    `roster` is the one before the changes. Everybody in the one after them gets
    a wrap, the actor too.
    """
    after = changes.apply(gid, roster)
    names = b"".join(parents)
    wraps = sorted(
        _wrap(gid, names, secret, name, member.mk) for name, member in after.items()
    )
    actor = member_id(gid, ed25519_public(gsk_seed))
    before = u8(len(parents)) + names + actor + u16(len(wraps)) + b"".join(wraps)
    used = sorted(mk_id(member.mk) for member in after.values())
    inside = changes.encode() + u16(len(used)) + b"".join(used)
    inside += sign(gsk_seed, gid + before + inside)
    return before + aead_seal(_op_key(secret), inside, gid + before)


def _unwrap(
    gid: bytes, parents: bytes, wraps: list[bytes], mk_privates: list[bytes]
) -> bytes:
    """ES, from whichever wrap is for one of these keys."""
    for private in mk_privates:
        for wrap in wraps:
            try:
                return hpke.open_(private, wrap, labels.REKEY + gid + parents)
            except Refused:
                continue
    raise Refused("no wrap is for us")


def _split(op: bytes) -> tuple[bytes, bytes, list[bytes], int]:
    """Parents, actor, wraps, and where the sealed part begins."""
    require(len(op) > 0 and op[0] <= PARENTS_MAX, "too many parents")
    actor = 1 + 32 * op[0]
    count = actor + MEMBER_ID_BYTES
    require(len(op) >= count + 2, "ends too early")
    number = read_uint(op[count : count + 2])
    end = count + 2 + number * WRAP_BYTES
    require(number <= MEMBERS_MAX and end <= len(op), "too many wraps")
    wraps = [op[at : at + WRAP_BYTES] for at in range(count + 2, end, WRAP_BYTES)]
    return op[1:actor], op[actor:count], wraps, end


def open_(gid: bytes, roster: Roster, mk_privates: list[bytes], op: bytes) -> Operation:
    """Opens an operation against the roster before it, and checks every wrap.

    Rejects the operation if a wrap is missing, too many, or other than the one
    that follows from ES for a member whose MK is known.
    """
    parents, actor, wraps, end = _split(op)
    secret = _unwrap(gid, parents, wraps, mk_privates)
    before = op[:end]
    inside = aead_open(_op_key(secret), op[end:], gid + before)
    require(len(inside) >= 64, "no room for a signature")
    body, signature = inside[:-64], inside[-64:]
    changes, rest = _read_changes(body)
    used, rest = _items(rest, MK_ID_BYTES)
    require(not rest, "bytes are left over")
    after = changes.apply(gid, roster)
    acting = roster.get(actor) if roster else after.get(actor)
    if acting is None:
        raise Refused("the actor is no member")
    verify(acting.gsk, signature, gid + before + body)

    require(len(wraps) == len(used) == len(after), "another number of wraps")
    expected = sorted(
        _wrap(gid, parents, secret, name, member.mk) for name, member in after.items()
    )
    require(wraps == expected, "a wrap is not the one that follows")
    require(used == sorted(mk_id(member.mk) for member in after.values()), "other keys")
    names = tuple(parents[at : at + 32] for at in range(0, len(parents), 32))
    return Operation(sha256(op), names, actor, changes, secret, after)


def chain_keys(
    label: bytes, eid: bytes, secret: bytes, name: bytes
) -> tuple[bytes, bytes]:
    """`CK_0 ‖ HC_0` of one member's chain in one epoch."""
    keys = hkdf(eid, secret, label + name, 64)
    return keys[:32], keys[32:]


def new_member(gsk_seed: bytes, mk_private: bytes, role: int) -> Member:
    """The roster's entry for somebody whose private keys are known."""
    return Member(ed25519_public(gsk_seed), x25519_public(mk_private), role)

"""A group of five while the LAN is cut and healed at random (`run` says how)."""

import os
import random
import threading
import time

from people_scenarios import FIND_S, MEET_S, listed
from process import Failed, poll

NAMES = ("kim", "lou", "max", "nia", "oli")
# Messages of each member: what fits the ordinary run, and full size; and how many a
# second.
TEXTS, TEXTS_FULL, TEXTS_PER_S = 40, 400, 4.0
# How long the bridge is cut, and how long it is whole, seconds.
OUT_S, IN_S = (0.5, 3.0), (0.5, 2.0)
# Nothing is written to a group twice; what was missed comes with the next link.
SETTLE_S = 60.0
# The one who is removed, and the side of the last cut on which it happens.
REMOVED, REMOVING_SIDE = "oli", ("kim", "lou")


def befriend(founder, other):
    """The other adds the founder by link and writes; the founder accepts."""
    link = founder.call("contacts.card")["link"]
    place = other.call("contacts.add", link=link)["conversation"]
    other.send(place, f"it is {other.name}")

    def asking():
        requests = founder.call("requests.list")
        return [row for row in requests if row["name"] == other.name]

    poll(asking, MEET_S, f"no request of {other.name} came")
    accepted = founder.call("requests.accept", request=asking()[0]["request"])
    founder.send(accepted["conversation"], "good to hear")
    other.wait_for(place, {"good to hear"}, MEET_S)
    return accepted["contact"]


def is_ready(person, place, count):
    shown = person.call("groups.members", conversation=place)
    return shown["ready"] and len(shown["members"]) == count


def found(founder, others):
    """Makes a group of contacts; returns its conversation, the same for everybody."""
    contacts = {other.name: befriend(founder, other) for other in others}
    made = founder.call("groups.create", name="medics", members=list(contacts.values()))
    place = made["conversation"]

    def joined(person):
        rows = person.call("conversations.list")
        return any(row["conversation"] == place for row in rows)

    for person in others:
        poll(lambda: joined(person), MEET_S, f"{person.name} did not come in")
    for person in (founder, *others):
        everybody = len(others) + 1
        poll(lambda: is_ready(person, place, everybody), MEET_S, f"{person.name} is not ready")
    return place, contacts


def write(person, place, texts, failures):
    try:
        for text in texts:
            person.send(place, text)
            # The pace of people who write a lot, not a wait for anything.
            time.sleep(1 / TEXTS_PER_S)
    except Failed as failure:
        failures.append(failure)


def check(person, place, texts, seed):
    """Waits until all texts are there; each must be listed once, and nothing else."""
    try:
        person.wait_for(place, texts, SETTLE_S)
    except Failed:
        lost = sorted(texts - person.texts(place))
        raise Failed(f"seed {seed}: {person.name} lacks {len(lost)}: {lost[:5]}") from None
    rows = [text for _, text in listed(person, place)]
    if sorted(rows) != sorted(texts):
        more = sorted(set(rows) - texts)
        raise Failed(f"seed {seed}: {person.name} has {len(rows)} rows, not asked for {more[:5]}")


def tear(town, people, chance, is_over):
    """Cuts the bridge between random halves and heals it until it is over."""
    cuts = 0
    while not is_over():
        for person in chance.sample(people, 2):
            town.lan.move(person.laptop, 2)
        time.sleep(chance.uniform(*OUT_S))
        for person in people:
            town.lan.move(person.laptop, 0)
        time.sleep(chance.uniform(*IN_S))
        cuts += 1
    return cuts


def talk(town, people, place, count, chance, seed):
    """Everybody writes while the bridge is torn: none lost, none doubled."""
    failures = []
    texts = {
        person: [f"{person.name} {number}" for number in range(count)] for person in people
    }
    writers = [
        threading.Thread(target=write, args=(person, place, own, failures))
        for person, own in texts.items()
    ]
    for writer in writers:
        writer.start()
    cuts = tear(town, people, chance, lambda: not any(it.is_alive() for it in writers))
    if failures:
        raise failures[0]
    written = {text for own in texts.values() for text in own}
    begun = time.monotonic()
    for person in people:
        check(person, place, written, seed)
    return written, cuts, time.monotonic() - begun


def part_and_remove(town, people, place, contacts, written, seed):
    """One is removed on one side of a cut while the other side, theirs, writes."""
    by_name = {person.name: person for person in people}
    removed = by_name[REMOVED]
    here = [by_name[name] for name in REMOVING_SIDE]
    there = [person for person in people if person not in here]
    for person in here:
        town.lan.move(person.laptop, 3)
    here[0].call("groups.remove", conversation=place, contact=contacts[REMOVED])
    for person in here:
        poll(lambda: is_ready(person, place, len(people) - 1), MEET_S, "the removal did not come")
    last = {f"{person.name} does not know yet" for person in there}
    for person in there:
        person.send(place, f"{person.name} does not know yet")
        person.wait_for(place, {f"{person.name} does not know yet"}, FIND_S)
    here[0].send(place, "one less")
    for person in here:
        town.lan.move(person.laptop, 0)
    stay = [person for person in people if person is not removed]
    for person in stay:
        poll(lambda: is_ready(person, place, len(stay)), SETTLE_S, f"{person.name}: not removed")
    there[0].send(place, "healed")
    by_others = {text for text in last if not text.startswith(REMOVED)}
    for person in stay:
        check_at_least(person, place, written | by_others | {"one less", "healed"}, seed)
    poll(
        lambda: removed.call("groups.members", conversation=place)["role"] is None,
        SETTLE_S,
        f"{REMOVED} was not told",
    )
    if {"one less", "healed"} & removed.texts(place):
        raise Failed(f"seed {seed}: {REMOVED} reads on after the removal")


def check_at_least(person, place, texts, seed):
    person.wait_for(place, texts, SETTLE_S)
    # Both count each row: `texts` refuses a message that is listed twice.
    more = person.texts(place) - texts
    if any(not text.startswith(REMOVED) for text in more):
        raise Failed(f"seed {seed}: {person.name} lists {sorted(more)[:5]}")


def groups(town):
    """Five in a group lose nothing while the LAN is cut, and remove one across a cut."""
    count = int(os.environ.get("GROUP_TEXTS", TEXTS_FULL if town.is_full else TEXTS))
    people = [town.arrive(name) for name in NAMES]
    for person in people:
        person.wait_until(lambda: person.links, FIND_S, "link")
    seed = int(os.environ.get("GROUP_SEED", random.SystemRandom().randrange(2**32)))
    chance = random.Random(seed)
    print(f"netns: groups: seed {seed}", flush=True)
    begun = time.monotonic()
    place, contacts = found(people[0], people[1:])
    founded_s = time.monotonic() - begun
    written, cuts, settled_s = talk(town, people, place, count, chance, seed)
    begun = time.monotonic()
    part_and_remove(town, people, place, contacts, written, seed)
    removed_s = time.monotonic() - begun
    for person in people:
        town.leave(person)
    return (
        f"{len(written)} messages, {cuts} cuts, all with all {settled_s:.1f} s after the last; "
        f"founded in {founded_s:.1f} s, removed across a cut in {removed_s:.1f} s (seed {seed})"
    )


SCENARIOS = (groups,)

"""The scenarios behind `run`, which says what they show and how to start them.

One LAN of laptops for all of them, so a failure early on can fail what follows;
the first line that says FAILED is the one to look at.
"""

import os
import pathlib
import sys
import threading
import time

import group_scenarios
import hostile_scenarios
import people_scenarios
from crowd import ENVELOPE_BYTES, Crowd
from lan import Lan
from meter import quantile
from process import Failed, Process, poll

LIVE_S = 2.0
LATE_S = 10.0
FIND_S = 30.0
PART_S = 10.0
REJOIN_S = 60.0
HISTORY_MESSAGES = 1_000
KILLS = 5
CROWD, CROWD_MESSAGES, CROWD_PER_S = 12, 120, 10.0
# The machine that runs this may be busy with other things.
CROWD_DELIVERY_S, CROWD_P95_S = 30.0, 3.0
# A flood at six links costs more than this, a crowd as it should be half of it.
CROWD_RATIO, CROWD_COPIES = 5.0, 1.1
# The whole run, whatever happens.
RUN_S_MAX = 900


class Town:
    """Three friends in a channel, one neighbour and one outsider, all on one LAN."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.is_full = os.environ.get("ATTACK_SIZE") == "full"
        self.lan = Lan()
        self.people = []
        self.friends = [self.arrive(name) for name in ("ana", "ben", "cem")]
        self.dan, self.eve = self.arrive("dan"), self.arrive("eve")
        made = self.friends[0].call("channels.create")
        self.phrase = made["phrase"]
        self.place = {"ana": made["conversation"]}
        for friend in self.friends[1:]:
            self.place[friend.name] = friend.join(self.phrase)
        self.written = set()

    def arrive(self, name, laptop=None):
        laptop = laptop or self.lan.laptop()
        person = Process(self.program, self.folder, laptop, name)
        self.people.append(person)
        return person

    def leave(self, person):
        person.stop()
        self.people.remove(person)

    def linked(self):
        return max(
            person.wait_until(lambda: person.links, FIND_S, "link")
            for person in self.people
        )

    def say(self, person, *texts):
        person.send(self.place[person.name], *texts)
        self.written.update(texts)


def live(town):
    """A message reaches everyone within 2 s of sending."""
    found = town.linked()
    slowest = 0.0
    for number in range(12):
        author = town.friends[number % 3]
        text = f"live {number}"
        begun = time.monotonic()
        town.say(author, text)
        for reader in town.friends:
            if reader is not author:
                shown = reader.shown.setdefault(town.place[reader.name], {})
                reader.wait_until(lambda: text in shown, FIND_S, f"'{text}'")
                slowest = max(slowest, shown[text] - begun)
    if slowest > LIVE_S:
        raise Failed(f"the slowest of 12 took {slowest:.2f} s")
    return f"slowest of 12 messages {slowest:.2f} s (links after {found:.1f} s)"


def late(town):
    """A process that starts after 1,000 messages has all of them within 10 s."""
    town.linked()
    each = HISTORY_MESSAGES // len(town.friends) + 1
    writers = [
        threading.Thread(
            target=town.say,
            args=(friend, *(f"history {friend.name} {number}" for number in range(each))),
        )
        for friend in town.friends
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    history = set(town.written)
    for friend in town.friends:
        friend.wait_for(town.place[friend.name], history, FIND_S)
    fay = town.arrive("fay")
    town.place["fay"] = fay.join(town.phrase)
    fay.wait_for(town.place["fay"], history, FIND_S)
    took = time.monotonic() - fay.started_at
    if took > LATE_S:
        raise Failed(f"{len(history)} messages took {took:.1f} s")
    return f"{len(history)} messages {took:.1f} s after its start"


def joins(town):
    """A process that was there all along joins only now and reads them too."""
    town.linked()
    if not town.written:
        town.say(town.friends[0], *(f"before {number}" for number in range(100)))
    begun = time.monotonic()
    town.place["dan"] = town.dan.join(town.phrase)
    town.dan.wait_for(town.place["dan"], set(town.written), FIND_S)
    took = time.monotonic() - begun
    if took > LATE_S:
        raise Failed(f"{len(town.written)} messages took {took:.1f} s")
    return f"{len(town.written)} messages {took:.1f} s after joining"


def killed(town):
    """SIGKILL amid traffic and restart: nothing that was shown is lost."""
    town.linked()
    ana, ben = town.friends[:2]
    place = town.place["ben"]
    kept = 0
    for kill in range(KILLS):
        texts = [f"kill {kill} {number}" for number in range(60)]
        seen = ben.shown.setdefault(place, {})
        writer = threading.Thread(target=town.say, args=(ana, *texts))
        writer.start()
        town.say(ben, f"own {kill}")
        # A different moment each time, and always after something was shown.
        ben.wait_until(
            lambda: sum(text in seen for text in texts) > 8 * kill, FIND_S, "traffic"
        )
        ben.kill()
        shown = set(ben.shown[place])
        writer.join()
        ben.start()
        lost = shown - ben.texts(place)
        if lost:
            raise Failed(f"kill {kill}: {len(lost)} of {len(shown)} shown messages lost")
        kept = len(shown)
    took = ben.wait_for(place, set(town.written), FIND_S)
    return f"{KILLS} kills, {kept} shown messages kept, all caught up in {took:.1f} s"


def parted(town):
    """Two halves, parted for a while and joined again, end with equal sets."""
    town.linked()
    near, far = town.friends[:2], town.friends[2:]
    for person in (*far, town.eve):
        town.lan.move(person.laptop, 1)
    sides = ((near, "near"), (far, "far"))
    end = time.monotonic() + PART_S
    number = 0
    while time.monotonic() < end:
        for half, side in sides:
            town.say(half[number % len(half)], f"{side} {number}")
        number += 1
        # The pace of a lively conversation, not a wait for anything.
        time.sleep(0.25)
    for half, other in ((near, "far "), (far, "near ")):
        for person in half:
            if any(text.startswith(other) for text in person.texts(town.place[person.name])):
                raise Failed("the halves were not parted: the scenario shows nothing")
    for person in (*far, town.eve):
        town.lan.move(person.laptop, 0)
    begun = time.monotonic()
    for person in town.friends:
        person.wait_for(town.place[person.name], set(town.written), REJOIN_S)
    took = time.monotonic() - begun
    sets = [person.texts(town.place[person.name]) for person in town.friends]
    if any(texts != sets[0] for texts in sets):
        raise Failed("the sets differ")
    return f"{2 * number} messages written apart, equal {took:.1f} s after joining"


def outsider(town):
    """Without the phrase: reads nothing, and no line of theirs appears."""
    town.linked()
    eve = town.eve
    own = eve.call("channels.create")["conversation"]
    other = eve.join("not the phrase of the friends")
    intrusions = {f"intrusion {number}" for number in range(20)}
    for place in (own, other):
        eve.send(place, *(f"{text} {place}" for text in intrusions))
    marker = "after the intrusion"
    town.say(town.friends[0], marker)
    for friend in town.friends[1:]:
        friend.wait_for(town.place[friend.name], {marker}, FIND_S)
    # Eve carries it, or the test would show nothing but a missing link.
    poll(
        lambda: eve.call("status")["stored"]["count"] >= len(town.written),
        FIND_S,
        "the outsider does not even carry the messages",
    )
    if any(len(eve.texts(place)) != len(intrusions) for place in (own, other)):
        raise Failed("the outsider reads something")
    for friend in town.friends:
        if not friend.texts(town.place[friend.name]) <= town.written:
            raise Failed("a line of the outsider is in the channel")
    return f"carries {len(town.written)} messages and reads none"


def alone(town):
    """Two profiles on one laptop with nothing but loopback find each other."""
    laptop = town.lan.lone_laptop()
    gus, hal = town.arrive("gus", laptop), town.arrive("hal", laptop)
    begun = time.monotonic()
    for person in (gus, hal):
        person.wait_until(lambda: person.links, FIND_S, "link over loopback")
    took = time.monotonic() - begun
    places = [person.call("channels.join", name="nearby")["conversation"] for person in (gus, hal)]
    gus.send(places[0], "anybody here")
    hal.wait_for(places[1], {"anybody here"}, FIND_S)
    return f"linked {took:.1f} s after the second start"


def many(town):
    """Twelve strangers on another LAN: all have all, soon, and once each."""
    crowd = Crowd(town.program, town.folder)
    try:
        for _ in range(CROWD):
            town.people.append(crowd.arrive())
        crowd.settle()
        before, (came, _) = crowd.use(), crowd.pushed()
        texts = crowd.talk(crowd.people, CROWD_MESSAGES, CROWD_PER_S)
        crowd.wait_for_all(CROWD_DELIVERY_S)
    except Failed as failure:
        raise Failed(f"crowd: {failure}") from failure
    deliveries = CROWD_MESSAGES * (CROWD - 1)
    ratio = (crowd.use() - before).sent / (deliveries * ENVELOPE_BYTES)
    copies = (crowd.pushed()[0] - came) / deliveries
    p95_s = quantile(crowd.latencies(texts), 0.95)
    figures = f"p95 {p95_s:.2f} s, {ratio:.2f} bytes on the wire and {copies:.3f} copies each"
    if p95_s > CROWD_P95_S or ratio > CROWD_RATIO or copies > CROWD_COPIES:
        raise Failed(figures)
    for person in crowd.people:
        if person.texts(person.place) != set(crowd.written):
            raise Failed(f"{person.name} was shown what it does not list")
    return figures


SCENARIOS = (
    live, late, joins, killed, parted, outsider, alone,
    *people_scenarios.SCENARIOS, *group_scenarios.SCENARIOS, many, *hostile_scenarios.SCENARIOS,
)


def give_up():
    print(f"netns: FAILED: not done after {RUN_S_MAX} s", flush=True)
    # The process namespace ends with this process, and everything in it.
    os._exit(1)


def main():
    program, folder, *wanted = sys.argv[1:]
    known = {scenario.__name__ for scenario in SCENARIOS}
    if not set(wanted) <= known:
        sys.exit(f"netns: scenarios are: {' '.join(sorted(known))}")
    watchdog = threading.Timer(RUN_S_MAX, give_up)
    watchdog.daemon = True
    watchdog.start()
    folder = pathlib.Path(folder)
    rows, ok = [], True
    try:
        town = Town(program, folder)
    except Failed as failure:
        tell_logs(folder)
        sys.exit(f"netns: FAILED: {failure}")
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        try:
            result, figure = "ok", scenario(town)
        except (Failed, OSError) as failure:
            result, figure, ok = "FAILED", str(failure), False
        rows.append((scenario.__name__, result, figure))
        print(f"netns: {scenario.__name__}: {result}: {figure}", flush=True)
    try:
        for person in town.people:
            person.stop()
        rows.append(("ending", "ok", f"{len(town.people)} processes ended with 0 on SIGTERM"))
    except (Failed, OSError) as failure:
        rows.append(("ending", "FAILED", str(failure)))
        ok = False
    print()
    for scenario in SCENARIOS:
        print(f"{scenario.__name__:<9} {scenario.__doc__}")
    print()
    for name, result, figure in rows:
        print(f"{name:<9} {result:<7} {figure}")
    if not ok:
        tell_logs(folder)
    sys.exit(0 if ok else 1)


def tell_logs(folder):
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-10:]
        for line in lines:
            print(f"{log.stem}: {line}")


if __name__ == "__main__":
    main()

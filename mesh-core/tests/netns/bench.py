"""The measurements behind `bench`, which says how to start them."""

import argparse
import json
import pathlib
import statistics
import sys
import time

from crowd import ENVELOPE_BYTES, LINKS_MIN, TEXT_BYTES, Crowd
from meter import busy_s, memory, quantile, received_on_cable
from process import Failed, poll

SLOW_PER_S, FAST_PER_S = 1.0, 50.0
# Longer than the silence after which a link counts as dead: the halves forget
# each other before they meet again.
PARTED_S = 45.0
# In the first minute after its start a node visits everybody whom it hears of.
ROUND_S = 60.0
DELIVERY_S = 120.0
HEAL_S = 300.0
NEWCOMER_S = 300.0


class Bench:
    """One crowd, and the rows that were measured on it."""

    def __init__(self, crowd, wanted):
        self.crowd, self.wanted = crowd, wanted
        self.rows = []

    def row(self, measure, value, unit="", goal=""):
        self.rows.append(
            {"scenario": self.scenario, "measure": measure, "value": value, "unit": unit, "goal": goal}
        )
        print(line(self.rows[-1]), flush=True)

    def spread(self, what, values, unit):
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
            self.row(f"{what}, {name}", quantile(values, part), unit)

    def meet(self):
        """Everybody starts, one after the other, and finds the others."""
        crowd = self.crowd
        begun = time.monotonic()
        for _ in range(self.wanted.nodes):
            crowd.arrive()
        started_s = time.monotonic() - begun
        crowd.settle()
        settled_s = time.monotonic() - begun
        self.row("all started", started_s, "s")
        self.row(f"all with {LINKS_MIN} links after the last start", settled_s - started_s, "s")
        # Whoever starts first waits for others, not for us.
        late = crowd.people[LINKS_MIN + 1 :] or crowd.people[1:]
        for links in (1, LINKS_MIN):
            took = [p.linked_at[links] - p.started_at for p in late if links in p.linked_at]
            self.spread(f"start to {links} link{'s' * (links > 1)}", took, "s")
        self.memory()

    def memory(self):
        sizes = [memory(person) for person in self.crowd.people]
        for at, name in enumerate(("resident", "proportional", "private anonymous")):
            self.row(f"memory, {name}, median", statistics.median(size[at] for size in sizes), "MiB")
        links = [len(person.links) for person in self.crowd.people]
        self.row("links, mean", statistics.mean(links))
        self.row("links, fewest", min(links))

    def idle(self):
        """Nobody writes."""
        use, _ = self.rest(ROUND_S)
        nodes = len(self.crowd.people)
        self.row("wire, first minute together", use.sent / nodes, "B/node/min")
        use, minutes = self.rest(self.wanted.idle_s)
        self.row("wire", use.sent / nodes / minutes, "B/node/min")
        self.row("of that to everybody", use.to_all / nodes / minutes, "B/node/min")
        self.row("CPU", use.cpu_s / nodes / minutes, "s/node/min")
        self.row("wake-ups", use.wake_ups / nodes / minutes, "/node/min")
        self.idle_per_s = use.sent / (minutes * 60)

    def rest(self, span_s):
        """Waits; returns what was used, and minutes."""
        before, begun = self.crowd.use(), time.monotonic()
        time.sleep(span_s)
        return self.crowd.use() - before, (time.monotonic() - begun) / 60

    def talk(self, count, per_s, goal):
        crowd = self.crowd
        readers = len(crowd.people) - 1
        before, begun, busy = crowd.use(), time.monotonic(), busy_s()
        came, kept = crowd.pushed()
        texts = crowd.talk(crowd.people, count, per_s)
        sent_s = time.monotonic() - begun
        try:
            crowd.wait_for_all(DELIVERY_S)
        finally:
            use, span_s = crowd.use() - before, time.monotonic() - begun
            shown = sum(text in p.shown[p.place] for text in texts for p in crowd.people)
            self.row("deliveries", shown - len(texts))
            self.row("delivered", (shown - len(texts)) / (len(texts) * readers), "of all")
        deliveries = count * readers
        payload = deliveries * ENVELOPE_BYTES
        self.row("sent", count / sent_s, "/s")
        self.row("wire ÷ envelope", use.sent / payload, goal=goal)
        idle = getattr(self, "idle_per_s", None)
        if idle is not None:
            self.row("the same less idle traffic", (use.sent - idle * span_s) / payload)
        self.row("wire ÷ text", use.sent / (deliveries * TEXT_BYTES))
        self.row("wire, to everybody ÷ envelope", use.to_all / payload)
        self.row("segments sent again", use.resent)
        now_came, now_kept = crowd.pushed()
        self.row("payload copies per delivery", (now_came - came) / deliveries, goal="≤ 1.02")
        self.row("kept per delivery", (now_kept - kept) / deliveries)
        self.spread("acknowledged to shown", crowd.latencies(texts), "s")
        self.row("CPU per 1,000 deliveries", use.cpu_s / deliveries * 1_000, "s")
        self.row("CPU of the nodes", use.cpu_s / span_s, "cores")
        self.row("CPU of all else here", (busy_s() - busy - use.cpu_s) / span_s, "cores")

    def slow(self):
        """One message a second over all."""
        self.talk(self.wanted.slow_messages, SLOW_PER_S, "≤ 3.0")

    def fast(self):
        """Fifty messages a second over all, until a thousand are stored."""
        self.talk(max(100, 1_000 - len(self.crowd.written)), FAST_PER_S, "≤ 1.8")

    def newcomer(self):
        """One more process, with nothing, fetches all there is."""
        crowd = self.crowd
        count = len(crowd.written)
        person = crowd.arrive()
        shown = person.shown.setdefault(person.place, {})
        stored_s = poll(
            lambda: person.call("status")["stored"]["count"] >= count,
            NEWCOMER_S,
            f"the newcomer does not get {count} messages",
        )
        stored_s = time.monotonic() - person.started_at
        person.wait_until(lambda: len(shown) >= count, NEWCOMER_S, "all messages")
        shown_s = time.monotonic() - person.started_at
        person.wait_for(person.place, set(crowd.written), NEWCOMER_S)
        linked_s = person.linked_at[1] - person.started_at
        self.row(f"{count} messages, start to first link", linked_s, "s")
        self.row(f"{count} messages, first link to all stored", stored_s - linked_s, "s")
        self.row(f"{count} messages, first link to all shown", shown_s - linked_s, "s")
        wire = received_on_cable(person) / (count * ENVELOPE_BYTES)
        self.row(f"{count} messages, wire to it ÷ envelopes", wire)
        pushed = person.call("status")["pushed"]
        self.row(f"{count} messages, copies per message", pushed["came"] / pushed["kept"])

    def heal(self):
        """Two halves write apart, forget each other, and are joined again."""
        crowd, each = self.crowd, self.wanted.heal_messages
        half = len(crowd.people) // 2
        near, far = crowd.people[:half], crowd.people[half:]
        begun, known = time.monotonic(), len(crowd.written)
        for person in far:
            crowd.lan.move(person.laptop, 1)
        for side in (near, far):
            crowd.talk(side, each, 10.0)
        for side in (near, far):
            crowd.wait_for_all(DELIVERY_S, side, known + each)
        if any(len(p.shown[p.place]) != known + each for p in crowd.people):
            raise Failed("the halves were not parted: the scenario shows nothing")
        time.sleep(max(0.0, begun + PARTED_S - time.monotonic()))
        before = crowd.use()
        for person in far:
            crowd.lan.move(person.laptop, 0)
        took = crowd.wait_for_all(HEAL_S)
        use = crowd.use() - before
        self.row(f"2 × {each} messages, joined to all equal", took, "s")
        payload = each * len(crowd.people) * ENVELOPE_BYTES
        self.row("wire ÷ envelope", use.sent / payload)

    def crowded(self):
        """Ten thousand messages are written, and a newcomer fetches them."""
        crowd = self.crowd
        before, begun, already = crowd.use(), time.monotonic(), len(crowd.written)
        more = max(0, self.wanted.messages - already)
        readers = len(crowd.people) - 1
        while len(crowd.written) < self.wanted.messages:
            crowd.write(min(500, self.wanted.messages - len(crowd.written)))
            crowd.wait_for_all(10 * DELIVERY_S)
        use, span_s = crowd.use() - before, time.monotonic() - begun
        self.row("deliveries as fast as they go", more * readers / span_s, "/s")
        self.row("wire ÷ envelope", use.sent / (more * readers * ENVELOPE_BYTES))
        self.row("CPU per 1,000 deliveries", use.cpu_s / (more * readers) * 1_000, "s")
        self.newcomer()
        self.memory()

    def run(self):
        """Every wanted scenario; whether all held."""
        for scenario in SCENARIOS:
            self.scenario = scenario.__name__
            if self.scenario != "meet" and self.scenario not in self.wanted.scenarios:
                continue
            print(f"\n{self.scenario}: {scenario.__doc__}", flush=True)
            try:
                scenario(self)
            except Failed as failure:
                print(f"bench: FAILED: {self.scenario}: {failure}", flush=True)
                self.rows.append({"scenario": self.scenario, "failed": str(failure)})
                return False
        return True


SCENARIOS = (Bench.meet, Bench.idle, Bench.slow, Bench.fast, Bench.newcomer, Bench.heal, Bench.crowded)


def line(row):
    value = row["value"]
    shown = f"{value:,.0f}" if isinstance(value, int) or value >= 1_000 else f"{value:.3g}"
    goal = f"  (goal {row['goal']})" if row["goal"] else ""
    return f"  {row['measure']:<52} {shown:>10} {row['unit']}{goal}"


def arguments():
    names = [scenario.__name__ for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("scenarios", nargs="*", metavar="|".join(names))
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--messages", type=int, default=10_000, help="for `crowded`")
    parser.add_argument("--slow-messages", type=int, default=120)
    parser.add_argument("--heal-messages", type=int, default=100, help="for each half")
    parser.add_argument("--idle-s", type=float, default=60.0)
    parser.add_argument("--json", type=pathlib.Path)
    wanted = parser.parse_intermixed_args()
    wanted.scenarios = wanted.scenarios or names
    if not set(wanted.scenarios) <= set(names):
        parser.error(f"scenarios are: {' '.join(names)}")
    return wanted


def main():
    wanted = arguments()
    crowd = Crowd(wanted.program, wanted.folder)
    bench = Bench(crowd, wanted)
    print(f"{wanted.nodes} nodes, texts of {TEXT_BYTES} bytes in envelopes of {ENVELOPE_BYTES}")
    ok = bench.run()
    for person in crowd.people:
        person.stop()
    if wanted.json:
        told = {"nodes": wanted.nodes, "started_at": int(time.time()), "rows": bench.rows}
        wanted.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    if not ok:
        for log in sorted(wanted.folder.glob("*.log")):
            for text in log.read_text(errors="replace").splitlines()[-3:]:
                print(f"{log.stem}: {text}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()

"""Scenarios with somebody or something on the LAN that is against us (`run` says how)."""

import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading
import time

from process import Failed, poll

FIND_S = 30.0
ISOLATED_S = 45.0
DIALS_PER_SECOND_MAX = 10
# Records of the flood: what fits the ordinary run, and the full size.
FLOOD_RECORDS, FLOOD_RECORDS_FULL = 10_000, 100_000
GROWTH_KIB_MAX = 64 * 1024
# The flood must end by then, on a loaded machine too.
FLOOD_S_MAX = 120.0


class Hostile:
    """One `hostile.py` process, in a namespace or beside the switches."""

    def __init__(self, laptop, *arguments):
        script = str(pathlib.Path(__file__).with_name("hostile.py"))
        command = [sys.executable, "-B", script, *map(str, arguments)]
        if laptop:
            command = ["nsenter", f"--net=/run/netns/{laptop}", "--", *command]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.said = threading.Event()
        self.expect("begun")

    def expect(self, word):
        line = self.child.stdout.readline().decode().strip()
        if line != word:
            raise Failed(f"hostile.py said '{line}', not '{word}'")

    def end(self):
        self.child.kill()
        self.child.wait()


class Calls(threading.Thread):
    """Counts the TCP calls that leave through one cable, second by second."""

    def __init__(self, cable):
        super().__init__(daemon=True)
        everything = socket.htons(0x0003)
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, everything)
        self.tap.bind((cable, 0))
        self.tap.settimeout(0.2)
        self.begun, self.is_over = {}, False
        self.start()

    def run(self):
        while not self.is_over:
            try:
                frame, (_, _, kind, _, _) = self.tap.recvfrom(65536)
            except TimeoutError:
                continue
            if kind == socket.PACKET_OUTGOING or len(frame) < 54 or frame[12:14] != b"\x08\x00":
                continue
            header = 14 + (frame[14] & 15) * 4
            is_call = frame[23] == socket.IPPROTO_TCP and frame[header + 13] & 0x12 == 0x02
            if is_call:
                # A repeated call has the same ports: it is no new one.
                call = frame[26:34] + frame[header : header + 4]
                self.begun.setdefault(call, time.monotonic())

    def most_in_a_second(self):
        self.is_over = True
        self.join()
        times = sorted(self.begun.values())
        most = 0
        for first, begun in enumerate(times):
            # A little under a second: what leaves the process evenly may wait for a turn.
            most = max(most, sum(1 for other in times[first:] if other < begun + 0.9))
        return most, len(times)


def resident_kib(person):
    status = pathlib.Path(f"/proc/{person.child.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def notices(person):
    return {notice["code"] for notice in person.call("status")["notices"]}


def beacon(town):
    """Where mDNS is taken away, the beacon alone finds, on IPv4 and on IPv6."""
    took = []
    for family in (4, 6):
        laptops = [town.lan.laptop(switch=1, families=(family,)) for _ in range(2)]
        holders = [Hostile(laptop, "port", 5353) for laptop in laptops]
        pair = [town.arrive(f"{name}{family}", laptop) for name, laptop in zip(("ida", "jan"), laptops)]
        begun = time.monotonic()
        for person in pair:
            person.wait_until(lambda: person.links, FIND_S, f"link by beacon on IPv{family}")
        took.append(f"IPv{family} {time.monotonic() - begun:.1f} s")
        for one in pair:
            town.leave(one)
        for holder in holders:
            holder.end()
    return "linked after " + ", ".join(took)


def isolated(town):
    """A network that keeps its users apart is recognised; a silent one is not blamed."""
    apart = [town.lan.laptop(switch=2) for _ in range(3)]
    silent = town.lan.laptop(switch=3)
    for laptop in (*apart, silent):
        town.lan.isolate(laptop)
    reflector = Hostile(None, "reflect", town.lan.switches[2], *map(town.lan.cable, apart))
    try:
        return recognised(town, apart, silent)
    finally:
        reflector.end()


def recognised(town, apart, silent):
    people = [town.arrive(name, laptop) for name, laptop in zip(("kim", "lea", "max"), apart)]
    nil = town.arrive("nil", silent)
    try:
        return told_apart(people, nil)
    finally:
        for person in (*people, nil):
            town.leave(person)


def told_apart(people, nil):
    begun = time.monotonic()
    changed = {person.name: person.heard.count("status.changed") for person in people}
    for person in people:
        poll(lambda: "isolated" in notices(person), ISOLATED_S, f"{person.name}: not told")
        if person.heard.count("status.changed") <= changed[person.name]:
            raise Failed(f"{person.name}: no event tells of it")
        if person.links:
            raise Failed("they are linked: the scenario shows nothing")
        told = person.call("status")["carriers"][0]
        if told["can_find"] or "apart" not in told["reason"]:
            raise Failed(f"the carrier says: {told}")
    took = time.monotonic() - begun
    if "isolated" in notices(nil):
        raise Failed("silence is taken for isolation")
    return f"said after {took:.1f} s"


def flood(town):
    """Records of nobody by the ten thousand: at most 10 calls a second, messages pass."""
    town.linked()
    count = FLOOD_RECORDS_FULL if town.is_full else FLOOD_RECORDS
    before = {friend.name: resident_kib(friend) for friend in town.friends}
    calls = Calls(town.lan.cable(town.friends[0].laptop))
    mallory = Hostile(town.lan.laptop(), "flood", count)
    done = threading.Thread(target=mallory.expect, args=("done",), daemon=True)
    done.start()
    begun = time.monotonic()
    slowest, number = 0.0, 0
    while done.is_alive() or number < 10:
        if time.monotonic() - begun > FLOOD_S_MAX:
            raise Failed("the flood did not end")
        author, reader = town.friends[number % 3], town.friends[(number + 1) % 3]
        text = f"in the flood {number}"
        sent = time.monotonic()
        town.say(author, text)
        shown = reader.shown.setdefault(town.place[reader.name], {})
        reader.wait_until(lambda: text in shown, FIND_S, f"'{text}'")
        slowest = max(slowest, time.monotonic() - sent)
        number += 1
    took = time.monotonic() - begun
    mallory.end()
    most, total = calls.most_in_a_second()
    if not total:
        raise Failed("nobody was called: the scenario shows nothing")
    if most > DIALS_PER_SECOND_MAX:
        raise Failed(f"{most} calls in one second")
    grown = max(resident_kib(friend) - before[friend.name] for friend in town.friends)
    if grown > GROWTH_KIB_MAX:
        raise Failed(f"grew by {grown} KiB")
    return (
        f"{count} records and beacons in {took:.1f} s: {total} calls, at most {most} a second, "
        f"{number} messages, slowest {slowest:.1f} s, grew by {grown // 1024} MiB"
    )


def spoofed(town):
    """Somebody claims everybody's addresses by ARP; when it ends, all is delivered."""
    town.linked()
    victims = [town.lan.addresses[friend.laptop] for friend in town.friends]
    mallory = Hostile(town.lan.laptop(), "spoof", *victims)
    texts = [f"while spoofed {number}" for number in range(20)]
    for number, text in enumerate(texts):
        town.say(town.friends[number % 3], text)
    mallory.end()
    begun = time.monotonic()
    for friend in town.friends:
        friend.wait_for(town.place[friend.name], set(texts), 2 * FIND_S)
    return f"{len(texts)} messages with all {time.monotonic() - begun:.1f} s after its end"


SCENARIOS = (beacon, isolated, flood, spoofed)

"""Scenarios between two people who know each other by card (`run` says how)."""

import random
import threading
import time

from process import Failed, poll

FIND_S = 30.0
# Each answers the other within seconds; the machine may be busy.
MEET_S = 60.0
# Messages each way, and how many a second: what fits the ordinary run, and full size.
TEXTS, TEXTS_FULL, TEXTS_PER_S = 100, 1_000, 5.0
# How long the cable is out, and how long it is in, seconds.
OUT_S, IN_S = (0.5, 4.0), (0.5, 3.0)
# A lost message is sent again a minute after later ones were confirmed.
SETTLE_S = 150.0


def meet(one, other):
    """One adds the other by link and writes; the other accepts. Both conversations."""
    link = other.call("contacts.card")["link"]
    added = one.call("contacts.add", link=link)
    one.send(added["conversation"], "it is me")
    poll(lambda: other.call("requests.list"), MEET_S, "no request came")
    asking = other.call("requests.list")[0]
    if asking["text"] != "it is me":
        raise Failed(f"the request says '{asking['text']}'")
    accepted = other.call("requests.accept", request=asking["request"])
    other.send(accepted["conversation"], "good to hear")
    for person, place, text in (
        (one, added["conversation"], "good to hear"),
        (other, accepted["conversation"], "it is me"),
    ):
        person.wait_for(place, {text}, MEET_S)
    return added["conversation"], accepted["conversation"]


def emoji(person):
    contact = person.call("contacts.list")[0]["contact"]

    def shown():
        try:
            return person.call("contacts.emoji", contact=contact)
        except Failed:
            # Each must have heard from the other once.
            return None

    poll(shown, MEET_S, f"{person.name}: no emoji")
    return contact, shown()


def verify(pair):
    shown = [emoji(person) for person in pair]
    if shown[0][1] != shown[1][1]:
        raise Failed("the two screens show different emoji")
    for person, (contact, theirs) in zip(pair, (shown[0], shown[1])):
        person.call("contacts.verify", contact=contact, emoji=theirs["emoji"])
        if person.call("contacts.list")[0]["trust"] != "verified":
            raise Failed(f"{person.name}: not verified")


def listed(person, place):
    """Texts in the order of the timeline, with who wrote them."""
    messages, before = [], None
    while True:
        params = {"conversation": place, "limit": 200}
        if before:
            params["before"] = before
        page = person.call("messages.list", **params)
        messages = page["messages"] + messages
        if not page["more"]:
            return [(message["from"]["own"], message["text"]) for message in messages]
        before = messages[0]["message_id"]


def people(town):
    """Two people meet by card, verify, and write while the LAN comes and goes."""
    count = TEXTS_FULL if town.is_full else TEXTS
    pair = [town.arrive("ivy"), town.arrive("jon")]
    for person in pair:
        person.wait_until(lambda: person.links, FIND_S, "link")
    places = meet(*pair)
    verify(pair)
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    print(f"netns: people: seed {seed}", flush=True)
    texts = [[f"{person.name} {number}" for number in range(count)] for person in pair]
    writers = [
        threading.Thread(target=write, args=(person, place, own))
        for person, place, own in zip(pair, places, texts)
    ]
    for writer in writers:
        writer.start()
    cuts = 0
    while any(writer.is_alive() for writer in writers):
        town.lan.move(pair[0].laptop, 2)
        time.sleep(chance.uniform(*OUT_S))
        town.lan.move(pair[0].laptop, 0)
        time.sleep(chance.uniform(*IN_S))
        cuts += 1
    begun = time.monotonic()
    for person, place, theirs in zip(pair, places, reversed(texts)):
        person.wait_for(place, set(theirs), SETTLE_S)
    took = time.monotonic() - begun
    for person, place, own, theirs in zip(pair, places, texts, reversed(texts)):
        rows = listed(person, place)
        for is_own, written in ((True, own), (False, theirs)):
            there = [text for whose, text in rows if whose == is_own][1:]
            if there != written:
                wrong = next(at for at, text in enumerate(written) if there[at:at + 1] != [text])
                side = "own" if is_own else "their"
                raise Failed(f"seed {seed}: {person.name}: {side} texts differ from {wrong} on")
    return f"{2 * count} messages, {cuts} cuts, all in order {took:.1f} s after the last (seed {seed})"


def write(person, place, texts):
    for text in texts:
        person.send(place, text)
        # The pace of two people who write a lot, not a wait for anything.
        time.sleep(1 / TEXTS_PER_S)


SCENARIOS = (people,)

"""Many people in one public channel, each with a laptop of their own on one LAN.

Shared by the scenario `many` of `run` and by `bench`.
"""

import concurrent.futures
import time

from lan import Lan
from meter import use_of
from process import Failed, Process

LINKS_MIN = 3
FIND_S = 120.0
CHANNEL = "square"
# All texts seal into an envelope of this size.
ENVELOPE_BYTES = 480
TEXT_BYTES = 100


class Crowd:
    """Starts people one after the other and remembers what was written."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.lan = Lan("crowd")
        self.people, self.place = [], None
        # Text to the moment when it was acknowledged.
        self.written = {}

    def arrive(self):
        number = len(self.people) + 1
        person = Process(self.program, self.folder, self.lan.laptop(), f"person{number}")
        # The same for everybody: it is the channel's, not the person's.
        person.place = person.call("channels.join", name=CHANNEL)["conversation"]
        self.people.append(person)
        return person

    def settle(self, timeout_s=FIND_S):
        """Waits until everybody has links enough."""
        for person in self.people:
            person.wait_until(
                lambda: len(person.links) >= LINKS_MIN, timeout_s, f"{LINKS_MIN} links"
            )

    def text(self):
        return f"message {len(self.written) + 1} ".ljust(TEXT_BYTES, ".")

    def talk(self, authors, count, per_s):
        """So many messages, from everybody in turn, at a pace; returns the texts."""
        begun, flying, texts = time.monotonic(), [], []
        for number in range(count):
            time.sleep(max(0.0, begun + number / per_s - time.monotonic()))
            author, text = authors[number % len(authors)], self.text()
            flying.append((author, author.post_text(author.place, text), text))
            self.written[text] = None
            texts.append(text)
        for author, call, text in flying:
            author.acknowledge(author.place, call, text)
            self.written[text] = author.shown[author.place][text]
        return texts

    def write(self, count):
        """So many messages as fast as a few authors get them acknowledged."""
        authors = self.people[:4]
        texts = [[] for _ in authors]
        for number in range(count):
            text = self.text()
            self.written[text] = None
            texts[number % len(authors)].append(text)
        with concurrent.futures.ThreadPoolExecutor(len(authors)) as pool:
            for author, own in zip(authors, texts):
                pool.submit(author.send, author.place, *own)
        for author, own in zip(authors, texts):
            for text in own:
                self.written[text] = author.shown[author.place][text]

    def wait_for_all(self, timeout_s, readers=None, count=None):
        """Waits until every reader was shown everything; returns how long it took."""
        begun = time.monotonic()
        count = count or len(self.written)
        lacking = {}
        for reader in readers or self.people:
            shown = reader.shown.setdefault(reader.place, {})
            left = max(0.1, begun + timeout_s - time.monotonic())
            try:
                reader.wait_until(lambda: len(shown) >= count, left, "message")
            except Failed:
                lacking[reader.name] = count - len(shown)
        if lacking:
            raise Failed(f"within {timeout_s:.0f} s not all of {count} messages: {lacking}")
        return time.monotonic() - begun

    def latencies(self, texts):
        """From acknowledged to shown, of each text at each reader who is no author, s."""
        return [
            person.shown[person.place][text] - self.written[text]
            for text in texts
            for person in self.people
            if person.shown[person.place][text] != self.written[text]
        ]

    def use(self):
        return use_of(self.people)

    def pushed(self):
        """Envelopes that came and that were kept, over everybody."""
        told = [person.call("status")["pushed"] for person in self.people]
        return sum(one["came"] for one in told), sum(one["kept"] for one in told)

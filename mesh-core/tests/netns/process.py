"""One `starling headless` process in one namespace, driven over JSON-RPC."""

import json
import queue
import subprocess
import threading
import time

PASSPHRASE = "correct horse battery staple orbit lantern"
# How long a call or a start may take on a loaded machine.
CALL_TIMEOUT_S = 30
CALLS_IN_FLIGHT_MAX = 32


class Failed(Exception):
    """Something promised did not happen."""


def poll(condition, timeout_s, failure):
    """Asks until a condition holds that no event tells of; returns how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > timeout_s:
            raise Failed(failure)
        time.sleep(0.1)
    return time.monotonic() - begun


class Process:
    """Keeps what the process showed: received texts and acknowledged own ones."""

    def __init__(self, program, folder, laptop, name):
        self.program, self.folder, self.laptop, self.name = program, folder, laptop, name
        self.child = None
        self.calls = 0
        # Guards everything below; told on every line.
        self.told = threading.Condition()
        self.shown = {}
        self.links = set()
        # Kinds of all events, in order.
        self.heard = []
        (folder / "passphrase").write_text(PASSPHRASE)
        self.start()

    def start(self):
        command = [
            "nsenter", f"--net=/run/netns/{self.laptop}", "--",
            self.program, "headless", "--profile", self.folder / f"profile-{self.name}",
            "--passphrase-file", self.folder / "passphrase", "--name", self.name,
            "--kdf", "floor", "--no-ble",
        ]
        self.started_at = time.monotonic()
        self.answers, self.links, self.is_ready = {}, set(), False
        # When it first had so many links.
        self.linked_at = {}
        log = open(self.folder / f"{self.name}.log", "ab")
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        log.close()
        self.reader = threading.Thread(target=self.read, args=(self.child,), daemon=True)
        self.reader.start()
        self.wait_until(lambda: self.is_ready, CALL_TIMEOUT_S, "ready")

    def read(self, child):
        for line in child.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                # A line torn by SIGKILL was never shown to anybody.
                continue
            with self.told:
                self.note(said)
                self.told.notify_all()

    def note(self, said):
        if said.get("method") != "event":
            self.answers[said["id"]] = (time.monotonic(), said)
            return
        event = said["params"]
        kind = event["type"]
        self.heard.append(kind)
        if kind == "ready":
            self.is_ready = True
        elif kind == "link.up":
            self.links.add(event["link"])
            self.linked_at.setdefault(len(self.links), time.monotonic())
        elif kind == "link.down":
            self.links.discard(event["link"])
        elif kind == "message.received":
            texts = self.shown.setdefault(event["conversation"], {})
            texts.setdefault(event["text"], time.monotonic())

    def wait_until(self, condition, timeout_s, what):
        """Waits for a condition on what was shown; returns how long it took."""
        begun = time.monotonic()
        with self.told:
            while not condition():
                left = begun + timeout_s - time.monotonic()
                if left <= 0 or self.child.poll() is not None:
                    raise Failed(f"{self.name}: no {what} within {timeout_s} s")
                self.told.wait(min(left, 0.5))
        return time.monotonic() - begun

    def post(self, method, params):
        self.calls += 1
        call = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}
        self.child.stdin.write(json.dumps(call).encode() + b"\n")
        self.child.stdin.flush()
        return self.calls

    def answer(self, number, method):
        """Waits for an answer; returns when it came, and the result."""
        self.wait_until(lambda: number in self.answers, CALL_TIMEOUT_S, f"answer to {method}")
        at, answer = self.answers.pop(number)
        if "error" in answer:
            raise Failed(f"{self.name}: {method}: {answer['error']['message']}")
        return at, answer["result"]

    def call(self, method, **params):
        return self.answer(self.post(method, params), method)[1]

    def join(self, phrase):
        return self.call("channels.join", phrase=phrase)["conversation"]

    def post_text(self, conversation, text):
        return self.post("messages.send", {"conversation": conversation, "text": text})

    def send(self, conversation, *texts):
        """Sends texts, a few at a time; returns when all are acknowledged."""
        flying = queue.SimpleQueue()
        for text in texts:
            if flying.qsize() >= CALLS_IN_FLIGHT_MAX:
                self.acknowledge(conversation, *flying.get())
            flying.put((self.post_text(conversation, text), text))
        while not flying.empty():
            self.acknowledge(conversation, *flying.get())

    def acknowledge(self, conversation, number, text):
        at, _ = self.answer(number, "messages.send")
        with self.told:
            self.shown.setdefault(conversation, {}).setdefault(text, at)

    def texts(self, conversation):
        """All texts of a conversation, page by page; each must be there once."""
        texts, before = [], None
        while True:
            params = {"conversation": conversation, "limit": 200}
            if before:
                params["before"] = before
            page = self.call("messages.list", **params)
            texts += [message["text"] for message in page["messages"]]
            if not page["more"]:
                break
            before = page["messages"][0]["message_id"]
        if len(texts) != len(set(texts)):
            raise Failed(f"{self.name}: a message is listed twice")
        return set(texts)

    def wait_for(self, conversation, texts, timeout_s):
        """Waits until `messages.list` holds all texts; returns how long it took."""
        return poll(
            lambda: texts <= self.texts(conversation),
            timeout_s,
            f"{self.name}: not all of {len(texts)} messages within {timeout_s} s",
        )

    def kill(self):
        """SIGKILL; returns when all it had written to its output was read."""
        self.child.kill()
        self.child.wait()
        self.reader.join()

    def stop(self):
        self.child.terminate()
        try:
            code = self.child.wait(CALL_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name}: did not end on SIGTERM")
        if code != 0:
            raise Failed(f"{self.name}: ended with {code} on SIGTERM")

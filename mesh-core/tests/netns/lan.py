"""A LAN in a box: namespaces as laptops, veth pairs as cables, bridges as switches.

Expects to run in network and mount namespaces of its own (see `apart.sh`).
"""

import subprocess


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


class Lan:
    """Two switches; every laptop hangs on the first until it is moved."""

    def __init__(self, name="lan"):
        self.name, self.laptops = name, 0
        self.switches = (f"{name}0", f"{name}1")
        for switch in self.switches:
            # Without a querier a snooping bridge forgets who wants multicast.
            ip("link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            ip("link", "set", switch, "up")

    def laptop(self):
        """Adds a laptop and returns its name."""
        name = self.lone_laptop()
        cable = self.cable(name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        # One segment a packet, as on a real cable: the counters see all headers.
        ip("-n", name, "link", "set", "eth0", "gso_max_segs", "1")
        address = f"10.77.{self.laptops // 250}.{self.laptops % 250 + 1}/16"
        ip("-n", name, "addr", "add", address, "brd", "+", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("link", "set", cable, "master", self.switches[0], "up")
        return name

    def lone_laptop(self):
        """Adds a laptop with nothing but loopback and returns its name."""
        self.laptops += 1
        name = f"{self.name}-{self.laptops}"
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        return name

    def move(self, name, switch):
        """Plugs a laptop into the first (0) or the second (1) switch."""
        ip("link", "set", self.cable(name), "master", self.switches[switch])

    @staticmethod
    def cable(name):
        return f"to-{name}"

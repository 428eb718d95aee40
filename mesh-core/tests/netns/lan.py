"""A LAN in a box: namespaces as laptops, veth pairs as cables, bridges as switches.

Expects to run in network and mount namespaces of its own (see `run`).
"""

import subprocess

SWITCHES = ("lan0", "lan1")


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


class Lan:
    """Two switches; every laptop hangs on the first until it is moved."""

    def __init__(self):
        self.laptops = 0
        for switch in SWITCHES:
            # Without a querier a snooping bridge forgets who wants multicast.
            ip("link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            ip("link", "set", switch, "up")

    def laptop(self):
        """Adds a laptop and returns its name."""
        self.laptops += 1
        name = f"laptop{self.laptops}"
        cable = f"cable{self.laptops}"
        ip("netns", "add", name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "addr", "add", f"10.77.0.{self.laptops}/24", "brd", "+", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("link", "set", cable, "master", SWITCHES[0], "up")
        return name

    def lone_laptop(self):
        """Adds a laptop with nothing but loopback and returns its name."""
        self.laptops += 1
        name = f"laptop{self.laptops}"
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        return name

    def move(self, name, switch):
        """Plugs a laptop into the first (0) or the second (1) switch."""
        ip("link", "set", name.replace("laptop", "cable"), "master", SWITCHES[switch])

"""A LAN in a box: namespaces as laptops, veth pairs as cables, bridges as switches.

Expects to run in network and mount namespaces of its own (see `run`).
"""

import subprocess

SWITCHES = ("lan0", "lan1", "lan2", "lan3")


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


class Lan:
    """Some switches; a laptop hangs on the first unless it is told or moved."""

    def __init__(self):
        self.laptops = 0
        for switch in SWITCHES:
            # Without a querier a snooping bridge forgets who wants multicast.
            ip("link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            ip("link", "set", switch, "up")

    def laptop(self, switch=0, families=(4, 6)):
        """Adds a laptop and returns its name. Of IPv6 it has only what it gives itself."""
        self.laptops += 1
        name = f"laptop{self.laptops}"
        cable = self.cable(name)
        ip("netns", "add", name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", name, "link", "set", "lo", "up")
        if 6 not in families:
            switch_off = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
            subprocess.run(["nsenter", f"--net=/run/netns/{name}", "sh", "-c", switch_off], check=True)
        if 4 in families:
            ip("-n", name, "addr", "add", f"{self.address(name)}/24", "brd", "+", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("link", "set", cable, "master", SWITCHES[switch], "up")
        return name

    def cable(self, name):
        """The end of the laptop's cable at the switch."""
        return name.replace("laptop", "cable")

    def address(self, name):
        """The laptop's IPv4 address."""
        return name.replace("laptop", "10.77.0.")

    def isolate(self, name):
        """Nothing passes between this laptop and others that are isolated."""
        subprocess.run(["bridge", "link", "set", "dev", self.cable(name), "isolated", "on"], check=True)

    def lone_laptop(self):
        """Adds a laptop with nothing but loopback and returns its name."""
        self.laptops += 1
        name = f"laptop{self.laptops}"
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        return name

    def move(self, name, switch):
        """Plugs a laptop into the first (0) or the second (1) switch."""
        ip("link", "set", self.cable(name), "master", SWITCHES[switch])

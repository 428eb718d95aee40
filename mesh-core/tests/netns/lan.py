"""A LAN in a box: namespaces as laptops, veth pairs as cables, bridges as switches.

Expects to run in network and mount namespaces of its own (see `apart.sh`).
"""

import subprocess


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


class Lan:
    """Some switches; a laptop hangs on the first unless it is told or moved."""

    def __init__(self, name="lan"):
        self.name, self.laptops = name, 0
        self.switches = tuple(f"{name}{number}" for number in range(4))
        self.addresses = {}
        for switch in self.switches:
            # Without a querier a snooping bridge forgets who wants multicast.
            ip("link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            ip("link", "set", switch, "up")

    def laptop(self, switch=0, families=(4, 6)):
        """Adds a laptop and returns its name. Of IPv6 it has only what it gives itself."""
        name = self.lone_laptop()
        cable = self.cable(name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        # One segment a packet, as on a real cable: the counters see all headers.
        ip("-n", name, "link", "set", "eth0", "gso_max_segs", "1")
        if 6 not in families:
            off = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
            subprocess.run(["nsenter", f"--net=/run/netns/{name}", "sh", "-c", off], check=True)
        if 4 in families:
            address = f"10.77.{self.laptops // 250}.{self.laptops % 250 + 1}"
            self.addresses[name] = address
            ip("-n", name, "addr", "add", f"{address}/16", "brd", "+", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("link", "set", cable, "master", self.switches[switch], "up")
        return name

    def isolate(self, name):
        """Nothing passes between this laptop and others that are isolated."""
        cable = self.cable(name)
        subprocess.run(["bridge", "link", "set", "dev", cable, "isolated", "on"], check=True)

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

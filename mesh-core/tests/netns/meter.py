"""What processes and their cables used, from the counters of the kernel."""

import dataclasses
import os
import pathlib

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
KIB = 1024


@dataclasses.dataclass
class Use:
    """Sums over some processes, since each began."""

    # Bytes that left on the cables, every frame once, with all headers.
    sent: int = 0
    # Of these, to everybody (multicast and broadcast), without the Ethernet header.
    to_all: int = 0
    # TCP segments that were sent again.
    resent: int = 0
    cpu_s: float = 0.0
    wake_ups: int = 0

    def __sub__(self, other):
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other))
        return Use(*(mine - theirs for mine, theirs in pairs))


def use_of(people):
    total = Use()
    for person in people:
        proc = pathlib.Path(f"/proc/{person.child.pid}")
        total.sent += sent_on_cable(proc)
        counted = counters(proc / "net/netstat", "IpExt")
        total.to_all += counted["OutMcastOctets"] + counted["OutBcastOctets"]
        total.resent += counters(proc / "net/snmp", "Tcp")["RetransSegs"]
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        # User and system time: fields 14 and 15 of proc(5), of which two are cut off.
        total.cpu_s += (int(fields[11]) + int(fields[12])) / TICKS_PER_S
        total.wake_ups += sum(wake_ups(task) for task in (proc / "task").iterdir())
    return total


def received_on_cable(person):
    return int(cable(pathlib.Path(f"/proc/{person.child.pid}"))[0])


def sent_on_cable(proc):
    return int(cable(proc)[8])


def cable(proc):
    for line in (proc / "net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "eth0":
            return numbers.split()
    # A laptop without a cable sends nothing.
    return ["0"] * 16


def counters(path, group):
    lines = [line.split() for line in path.read_text().splitlines()]
    names, numbers = (line for line in lines if line[0] == f"{group}:")
    return dict(zip(names[1:], map(int, numbers[1:])))


def wake_ups(task):
    for line in (task / "status").read_text().splitlines():
        if line.startswith("voluntary_ctxt_switches:"):
            return int(line.split()[1])
    return 0


def memory(person):
    """Resident, proportional and private anonymous memory of a process, MiB."""
    sizes = {}
    for line in pathlib.Path(f"/proc/{person.child.pid}/smaps_rollup").read_text().splitlines():
        name, _, size = line.partition(":")
        if size.endswith(" kB"):
            sizes[name] = int(size.split()[0]) / KIB
    return sizes["Rss"], sizes["Pss"], sizes["Pss_Anon"]


def busy_s():
    """CPU seconds that this machine has spent on anything at all."""
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_S


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

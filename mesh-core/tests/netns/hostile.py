"""What else may be on a LAN: each runs in one namespace until it is killed.

    hostile.py port NUMBER              holds a UDP port, so that nobody else has it
    hostile.py reflect SWITCH CABLE …   repeats discovery to every cable, as access
                                        points do that keep their users apart
    hostile.py flood COUNT              mDNS records and beacons of nobody, COUNT of each
    hostile.py spoof VICTIM …           claims the addresses of others by ARP

Says "begun" on standard output when it has begun and "done" when it is done.
"""

import hashlib
import ipaddress
import random
import select
import socket
import struct
import subprocess
import sys
import time

INTERFACE = "eth0"
DISCOVERY_PORTS = (5353, 47741)
ETHERTYPE_ALL = 0x0003
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def say(word):
    print(word, flush=True)


def raw(interface):
    handle = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ALL))
    handle.bind((interface, 0))
    return handle


def port(number):
    """Without address reuse nobody else can bind it."""
    holders = []
    for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        handle = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        handle.bind((anywhere, int(number)))
        holders.append(handle)
    say("begun")
    select.select([], [], [])


def is_discovery(frame):
    """UDP over IPv4 to a group or to everybody, to one of the ports."""
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
        return False
    header = (frame[14] & 15) * 4
    to_port = struct.unpack("!H", frame[14 + header + 2 : 14 + header + 4])[0]
    return frame[0] & 1 and to_port in DISCOVERY_PORTS


def reflect(switch, *cables):
    hears = raw(switch)
    outlets = [raw(cable) for cable in cables]
    say("begun")
    while True:
        frame, (_, _, kind, _, _) = hears.recvfrom(65536)
        if kind != socket.PACKET_OUTGOING and is_discovery(frame):
            # The sender left the checksum to its interface, and there is none here.
            checksum_at = 14 + (frame[14] & 15) * 4 + 6
            frame = frame[:checksum_at] + bytes(2) + frame[checksum_at + 2 :]
            for outlet in outlets:
                outlet.send(frame)


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def peer_id(number):
    """An inline Ed25519 id of libp2p; every fourth is no id at all."""
    key = hashlib.sha256(str(number).encode()).digest()
    name = base58(b"\x00\x24\x08\x01\x12\x20" + key)
    return name if number % 4 else name[:-3] + "0Il"


def mdns_record(number):
    def name(*labels):
        return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"

    service = name(b"_p2p", b"_udp", b"local")
    owner = name(hashlib.md5(str(number).encode()).hexdigest().encode(), b"local")
    address = f"dnsaddr=/ip4/10.77.0.9/tcp/{1024 + number % 60000}/p2p/{peer_id(number)}".encode()
    text = bytes([len(address)]) + address
    return (
        struct.pack("!6H", 0, 0x8400, 0, 1, 0, 1)
        + service
        + struct.pack("!HHIH", 12, 1, 4500, len(owner))
        + owner
        + owner
        + struct.pack("!HHIH", 16, 1, 4500, len(text))
        + text
    )


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(source, group, to_port, payload):
    """A datagram under any source address; without a UDP checksum, as IPv4 allows."""
    address = ipaddress.IPv4Address(group).packed
    mac = b"\x01\x00\x5e" + bytes([address[1] & 0x7F]) + address[2:]
    udp = struct.pack("!4H", to_port, to_port, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 1, socket.IPPROTO_UDP, 0)
    ends = ipaddress.IPv4Address(source).packed + address
    head = head[:10] + struct.pack("!H", checksum(head + ends)) + ends
    return mac + b"\x02\x00\x00\x00\x00\x09" + b"\x08\x00" + head + udp


def flood(count):
    draw = random.Random(1)
    outlet = raw(INTERFACE)
    # All those hosts are here, so that calls to them go out and are refused.
    subprocess.run(["ip", "route", "add", "local", "10.77.100.0/24", "dev", "lo"], check=True)
    say("begun")
    for number in range(int(count)):
        source = f"10.77.100.{draw.randrange(1, 250)}"
        beacon = b"SLNG\x01\x00" + struct.pack("!H", 1 + number % 65535) + draw.randbytes(8)
        for group, to_port, payload in (
            ("224.0.0.251", 5353, mdns_record(number)),
            ("239.255.83.76", 47741, beacon),
        ):
            try:
                outlet.send(udp_frame(source, group, to_port, payload))
            except OSError:
                # The queue is full: this one is lost, as on a real network.
                pass
    say("done")
    select.select([], [], [])


def spoof(*victims):
    outlet = raw(INTERFACE)
    own = outlet.getsockname()[4]
    everybody = b"\xff" * 6
    say("begun")
    while True:
        for victim in victims:
            address = ipaddress.IPv4Address(victim).packed
            claim = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + own + address + everybody + address
            outlet.send(everybody + own + b"\x08\x06" + claim.ljust(46, b"\0"))
        # The pace of the attack, not a wait for anything.
        time.sleep(0.05)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

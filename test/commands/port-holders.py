"""Holds ports in every way that a bindcheck is asked about; prints `ready` and waits for its stdin to end."""
import hashlib
import os
import socket
import sys
import threading

V6ONLY = socket.IPV6_V6ONLY
kept = []


def hold(family, kind, address, port, listens=True, **options):
    made = socket.socket(family, kind)
    if "v6only" in options:
        made.setsockopt(socket.IPPROTO_IPV6, V6ONLY, options["v6only"])
    for name in ("reuseaddr", "reuseport"):
        if options.get(name):
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, f"SO_{name.upper()}"), 1)
    if "device" in options:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
    made.bind(socket.getaddrinfo(address, port, family, kind)[0][4])
    if kind == socket.SOCK_STREAM and listens:
        made.listen()
    kept.append(made)
    return made


INET, INET6, TCP, UDP = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM

hold(INET6, UDP, "::", 6969, v6only=0)
hold(INET, UDP, "0.0.0.0", 7001)
hold(INET6, UDP, "::", 7001, v6only=1)
hold(INET, TCP, "0.0.0.0", 7002)
hold(INET, TCP, "127.0.0.1", 7003, listens=False)
hold(INET6, UDP, "::1", 7004).connect(("::1", 6969))

hold(INET6, TCP, "fe80::7%v0", 7008)
hold(INET, UDP, "0.0.0.0", 7009, reuseaddr=True)
hold(INET6, UDP, "::", 7010, device="v1")

os.setresuid(-1, 1000, -1)
hold(INET6, TCP, "::", 7005, v6only=0, reuseport=True)
os.setresuid(-1, 0, -1)

# A connection of ours has 7006 as its source port.
hold(INET, TCP, "127.0.0.1", 7100)
client = socket.socket(INET, TCP)
client.bind(("127.0.0.1", 7006))
client.connect(("127.0.0.1", 7100))
kept.append(client)


def track(tracker):
    """BEP 15, with ids that hold for the client's address as it is seen here."""
    while True:
        request, client = tracker.recvfrom(2048)
        own = hashlib.sha256(client[0].encode()).digest()[:8]
        action, transaction = request[8:12], request[12:16]
        if action == b"\0\0\0\0":
            tracker.sendto(action + transaction + own, client)
        elif request[:8] == own:
            tracker.sendto(action + transaction + bytes(12), client)
        else:
            tracker.sendto(b"\0\0\0\3" + transaction + b"not your id", client)


def refuse(tracker):
    """Says no to every request; to IPv4 from another port than it was asked on."""
    aside = hold(INET6, UDP, "::", 7202, v6only=0)
    while True:
        request, client = tracker.recvfrom(2048)
        speaker = aside if client[0].startswith("::ffff:") else tracker
        speaker.sendto(b"\0\0\0\3" + request[12:16] + b"go away", client)


threading.Thread(target=refuse, args=[hold(INET6, UDP, "::", 7201, v6only=0)], daemon=True).start()
threading.Thread(target=track, args=[hold(INET6, UDP, "::", 7200, v6only=0)], daemon=True).start()

print("ready", flush=True)
sys.stdin.read()

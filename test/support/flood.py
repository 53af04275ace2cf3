"""Sends neighbour messages at a rate:  flood.py DEVICE KIND PER_SECOND SECONDS  says how many it sent, and how many a second.
Solicitations and advertisements are of random addresses; a conflict is two answers to fd6b::1 for one address, with different MACs, in turn."""
import random, socket, struct, sys, time

device, kind, rate, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
link.bind((device, 0x86DD))
mac = link.getsockname()[4]
source = bytes.fromhex('fe80' + '00' * 6) + bytes([mac[0] ^ 2, *mac[1:3], 0xFF, 0xFE, *mac[3:]])
number = 135 if kind == 'solicitations' else 136
everybody = bytes.fromhex('ff02' + '00' * 13 + '01')
asker = bytes.fromhex('fd6b' + '00' * 13 + '01')


def checksum(message, destination):
    words = source + destination + struct.pack('>II', len(message), 58) + message
    total = sum(struct.unpack(f'>{len(words) // 2}H', words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(turn):
    target = bytes.fromhex('fd6b0000000000ff') + random.randbytes(8)
    flags, destination, named = 0x20000000, everybody, mac
    if kind == 'solicitations':
        flags, destination = 0, bytes.fromhex('ff0200000000000000000001ff') + target[13:]
    if kind == 'conflict':
        target, flags, destination, named = asker[:15] + b'\x66', 0x60000000, asker, mac[:5] + bytes([turn & 1])
    option = bytes([1 if number == 135 else 2, 1]) + named
    message = struct.pack('>BBHI', number, 0, 0, flags) + target + option
    message = message[:2] + struct.pack('>H', checksum(message, destination)) + message[4:]
    header = struct.pack('>IHBB', 6 << 28, len(message), 58, 255) + source + destination
    return b'\x33\x33' + destination[12:] + named + b'\x86\xdd' + header + message


frames = [frame(turn) for turn in range(8192)]
began = time.monotonic()
sent, total = 0, int(rate * seconds)
while sent < total:
    due = min(total, int((time.monotonic() - began) * rate))
    while sent < due:
        link.send(frames[sent & 8191])
        sent += 1
    time.sleep(0.001)
print(sent, round(sent / (time.monotonic() - began)))

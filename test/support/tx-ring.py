"""Sends frames (hexadecimal, one a line on stdin) through an AF_PACKET TX ring: they arrive with only 14 bytes in the linear area."""
import mmap, socket, struct, sys

SOL_PACKET, PACKET_TX_RING, PACKET_VERSION, TPACKET_V2 = 263, 13, 10, 1
FRAME, HEADER, SEND_REQUEST = 4096, 32, 1

frames = [bytes.fromhex(line) for line in sys.stdin if line.strip()]
ring = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
ring.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
ring.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack('IIII', FRAME, len(frames), FRAME, len(frames)))
ring.bind((sys.argv[1], 0x86DD))
memory = mmap.mmap(ring.fileno(), FRAME * len(frames))
for number, frame in enumerate(frames):
    at = FRAME * number
    memory[at + HEADER:at + HEADER + len(frame)] = frame
    memory[at:at + 12] = struct.pack('III', SEND_REQUEST, len(frame), len(frame))
ring.send(b'')

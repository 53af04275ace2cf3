"""Makes a tun device without a link header, writes packets (hexadecimal, one a line on stdin) into it as if they had arrived, and keeps it until stdin ends."""
import fcntl, struct, subprocess, sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
tun = open('/dev/net/tun', 'r+b', buffering=0)
fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
subprocess.run(['ip', 'link', 'set', sys.argv[1], 'up'], check=True)
print('ready', flush=True)
for line in sys.stdin:
    tun.write(bytes.fromhex(line))
    print('written', flush=True)

"""Was handed its sockets by systemd (sd_listen_fds(3)): checks that, and waits for its stdin to end."""
import os
import sys

assert int(os.environ["LISTEN_PID"]) == os.getpid() and os.environ["LISTEN_FDS"] == "2"
sys.stdin.read()

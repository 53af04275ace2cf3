"""Listens in every way that Python names, on 9501 last, until its stdin ends."""
import asyncio
import socket
import sys

kept = [
    socket.create_server(("", 9504)),
    socket.create_server(("::", 9502), family=socket.AF_INET6),
    socket.create_server(("::", 9503), family=socket.AF_INET6, dualstack_ipv6=True),
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
]
kept[3].bind(("::", 9505))


async def serve():
    kept.append(await asyncio.start_server(lambda *_: None, None, 9501))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(serve())

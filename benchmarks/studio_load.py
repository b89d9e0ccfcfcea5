"""How the studio answers many clients that draw at once: seconds of each answer, pictures a second, and memory.

    python -m benchmarks.studio_load --clients 100 --seconds 20

Each client asks for a page of 32 pictures of new seeds as soon as it has the one before; one in ten asks for a single
picture instead.
"""

import argparse
import resource
import subprocess
import sys
import time
from http.client import HTTPConnection
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

import numpy as np

PAGE = 32


class Client(Thread):
    """Asks until it is time to end."""

    def __init__(self, address: str, number: int, model: str, end: float) -> None:
        super().__init__()
        self.model, self.end, self.number = model, end, number
        self.count = 1 if number % 10 == 0 else PAGE
        self.seconds: list[float] = []
        self.refused = 0
        parts = urlsplit(address)
        self.connection = HTTPConnection(parts.netloc, timeout=120)
        self.connection.request("GET", parts.path)
        answer = self.connection.getresponse()
        self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        answer.read()

    def run(self) -> None:
        """Ask."""
        seed = self.number * 1_000_000
        while time.monotonic() < self.end:
            seeds = ",".join(str(seed + index) for index in range(self.count))
            began = time.monotonic()
            self.connection.request(
                "GET", f"/api/pictures?model={self.model}&seeds={seeds}", headers={"Cookie": self.cookie}
            )
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.seconds.append(time.monotonic() - began)
            else:
                self.refused += 1
                time.sleep(float(answer.headers.get("Retry-After", "1")))
            seed += self.count


def main() -> None:
    """Run the clients against a studio of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--model", default="faces")
    asked = parser.parse_args()
    if asked.clients < 2:
        parser.error("--clients must be 2 or more: the first asks for single pictures, the others for pages")
    words = [sys.executable, "-m", "dcgan", "studio", "--port", "0", "--no-browser", "--json", "--device", "cpu"]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen([*words, folder], stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        address = process.stdout.readline().split('"')[3]
        warm = Client(address, 1, asked.model, time.monotonic())
        warm.end = time.monotonic() + 2
        warm.run()
        began = time.monotonic()
        end = began + asked.seconds
        clients = [Client(address, number, asked.model, end) for number in range(asked.clients)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        elapsed = time.monotonic() - began
        process.terminate()
        process.wait()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    pages = np.concatenate([client.seconds for client in clients if client.count == PAGE])
    single = np.concatenate([client.seconds for client in clients if client.count == 1])
    pictures = len(pages) * PAGE + len(single)
    slowest = [np.median(client.seconds) for client in clients if client.count == PAGE]
    for name, seconds in ((f"{PAGE} pictures", pages), ("1 picture", single)):
        p50, p95, most = np.percentile(seconds, [50, 95, 100])
        print(f"{name:12} {len(seconds):6,} answers: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {most:.2f} s")
    print(f"median of each client, of {PAGE} pictures: {min(slowest):.2f} to {max(slowest):.2f} s")
    refused = sum(client.refused for client in clients)
    print(f"{pictures / elapsed:,.0f} pictures a second, {refused} refused, {memory:.0f} MB")


if __name__ == "__main__":
    main()

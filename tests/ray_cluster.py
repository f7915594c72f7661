"""A real Ray cluster of two nodes, for as long as a test needs it; nothing of it can be reached from another machine.

Ray's own tool for such clusters is used (ray.cluster_utils), in a process of its own: it starts what a cluster has, a
head and for each node a raylet, and each raylet starts the processes of its workers.
"""

import contextlib
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nobody is told
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the switch by which Ray stays on 127.0.0.1
    "RAY_health_check_period_ms": "500",  # a dead node is missed soon
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "include_dashboard": False,
    "include_log_monitor": False,
    "object_store_memory": 80 * 1024 * 1024,
}


class RayCluster(NamedTuple):
    """A running cluster."""

    address: str
    session: int  # of all its processes
    seconds: float  # that it took to start

    def processes(self) -> dict[int, str]:
        """Give the command lines of all its processes, by id."""
        return {pid: name for pid, (session, name) in _everybody().items() if session == self.session}

    def listening(self) -> set[str]:
        """Give the addresses at which its processes can be reached."""
        own = {
            os.readlink(link)
            for pid in self.processes()
            for link in Path(f"/proc/{pid}/fd").glob("*")
            if link.is_symlink() and str(link.readlink()).startswith("socket:")
        }
        return {address for address, inode in _listeners() if f"socket:[{inode}]" in own}

    def raylets(self) -> list[int]:
        """Give the ids of the processes that stand for the nodes, the head's first."""
        return sorted(pid for pid, name in self.processes().items() if name.split()[0].endswith("/raylet"))


@contextlib.contextmanager
def ray_cluster() -> Iterator[RayCluster]:
    """Start a cluster of two nodes with a CPU each; end it, whatever has become of it."""
    folder = tempfile.mkdtemp(prefix="ray")  # a short path: sockets lie in it
    Path(folder, "ray").mkdir()
    started = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    process = subprocess.Popen(
        [sys.executable, __file__],
        cwd=ROOT,
        env=environment | ENVIRONMENT | {"RAY_TMPDIR": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        yield RayCluster(told["address"], process.pid, time.perf_counter() - started)
    finally:
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        for pid, (session, _) in _everybody().items():
            if session == process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _listeners() -> Iterator[tuple[str, str]]:
    """Read address and inode of every TCP socket of this machine that waits for somebody."""
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":  # LISTEN
                raw = bytes.fromhex(fields[1].split(":")[0])
                words = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
                address = ipaddress.ip_address(words)
                mapped = getattr(address, "ipv4_mapped", None)
                yield str(mapped or address), fields[9]


def _everybody() -> dict[int, tuple[int, str]]:
    """Read session and command line of every process that lives."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            name = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if state not in "ZX" and name.strip():
                found[int(folder.name)] = (int(session), name)
    return found


def main() -> None:
    """Start the cluster, say where it is, and keep it until the input ends."""
    from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"no_monitor": True})
    cluster.add_node(**NODE)
    print(json.dumps({"address": cluster.address}), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()

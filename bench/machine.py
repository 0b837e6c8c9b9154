"""What the machine is and how busy it was; no host name, no path, nothing that names its owner."""

import importlib.metadata
import os
import platform
import resource
import sqlite3
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil
from cryptography.hazmat.backends.openssl import backend

LIBRARIES: Final = (
    "troth",
    "cryptography",
    "pynacl",
    "msgspec",
    "litestar",
    "sqlalchemy",
    "uvicorn",
    "fastapi",
    "cedarpy",
    "pycasbin",
    "pymerkle",
)


def facts(folder: Path) -> dict[str, Any]:
    """Return the machine's facts: processor, memory, kernel, and what one durable write costs."""
    return {
        "cpu": processor(),
        "cores": psutil.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "openssl": backend.openssl_version_text(),
        "fdatasync_us": round(durable_write_us(folder), 1),
        "load_before": load(),
    }


def processor() -> str:
    """Return the processor's model name, as the kernel tells it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load() -> list[float]:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return [round(one, 2) for one in os.getloadavg()]


def durable_write_us(folder: Path, times: int = 40) -> float:
    """Return what appending 4 KiB durably costs here, in microseconds (median)."""
    probe = folder / "probe"
    laps = []
    handle = os.open(probe, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        for _ in range(times):
            start = time.perf_counter_ns()
            os.write(handle, bytes(4096))
            os.fdatasync(handle)
            laps.append(time.perf_counter_ns() - start)
    finally:
        os.close(handle)
        probe.unlink()
    return median(laps) / 1e3


def peak_mb() -> float:
    """Return the most memory this process ever held resident, in MB."""
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}

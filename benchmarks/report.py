"""What a benchmark answers: one JSON object, or a table for people."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import msgspec


class Report(msgspec.Struct, kw_only=True):
    """The outcome of a run. A ratio compares with a peer of the same run, on the same machine."""

    name: str
    metrics: dict[str, float]
    ratios: dict[str, float]
    machine: dict[str, Any] = {}

    def __post_init__(self) -> None:
        self.machine = machine()

    def as_table(self) -> str:
        """Return the numbers as lines for people."""
        lines = [f"{self.name}"]
        for title, numbers in (("metrics", self.metrics), ("ratios", self.ratios)):
            lines.append(f"  {title}")
            lines += [f"    {key:<40}{value:>14,.2f}" for key, value in numbers.items()]
        return "\n".join(lines)


def machine() -> dict[str, Any]:
    """Return what the numbers were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

"""Are two results folders the same, run by run? Compare metrics and digests by (task, method, seed).

    python benchmarks/proofs/same_results.py OLD NEW

OLD and NEW hold records/, or folders that do (as results/reference/claims does). Costs, code and times may differ. Runs
that only one of them has are counted by task. The exit status is 1 if a shared run differs in a metric or a digest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

Key = tuple[str, str, str, int]  # folder, task, method, seed


def read(top: Path) -> dict[Key, dict[str, Any]]:
    """Read the latest record of every run below a folder. No code of mixsuite is used, since it may be what changed."""
    latest: dict[Key, dict[str, Any]] = {}
    for path in sorted([*top.rglob("records/*.jsonl"), *top.rglob("records/*.jsonl.gz")]):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                names = record["names"]
                key = (str(path.parent.parent.relative_to(top)), names["task"], names["method"], record["spec"]["seed"])
                latest[key] = record
    return latest


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """List what differs between two records of one run: status, metrics, digests."""
    names = [] if old["status"] == new["status"] else [f"status {old['status']} -> {new['status']}"]
    for part in ("metrics", "digests"):
        one, other = old.get(part, {}), new.get(part, {})
        names += [f"{part}.{name}" for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    return names


def main() -> int:
    """Compare the folders, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    asked = parser.parse_args()
    old, new = read(asked.old), read(asked.new)
    shared = sorted(old.keys() & new.keys())
    changed = {key: names for key in shared if (names := differences(old[key], new[key]))}
    statuses = Counter(new[key]["status"] for key in shared)
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    print(f"{len(shared)} runs in both ({counted}): {len(changed)} differ in a metric or a digest")
    for key, names in list(changed.items())[:20]:
        print(f"  {key[0]} {key[1]} {key[2]} seed {key[3]}: {', '.join(names[:6])}")
    for what, one, other in (("old", old, new), ("new", new, old)):
        alone = Counter(key[1] for key in one.keys() - other.keys())
        print(f"{sum(alone.values())} runs in the {what} one alone: {dict(alone)}")
    return int(bool(changed) or not shared)


if __name__ == "__main__":
    sys.exit(main())

"""Compress the records of results folders that are committed: records/*.jsonl become records/*.jsonl.gz.

    python benchmarks/proofs/compress.py FOLDER...

mixsuite reads them as before. The same lines always give the same bytes.
"""

import argparse
from pathlib import Path

from mixsuite.results.record_files import compress_records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    for folder in parser.parse_args().folders:
        print(f"{folder}: {len(compress_records(folder))} files compressed")


if __name__ == "__main__":
    main()

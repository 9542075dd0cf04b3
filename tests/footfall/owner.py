"""A program that owns, or shares, the embedded servers of a directory until told to stop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from footfall.embedded_postgres import embedded_postgres
from footfall.embedded_redis import embedded_redis


async def main(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn, embedded_redis(data_dir) as url:
        sys.stdout.write(f"{dsn} {url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

"""What a read model declares so that the engine can run, rebuild and publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from domain.events import Event, Recorded

    Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]


class Feed(msgspec.Struct, frozen=True):
    """How the changes of a read model are read: its rows, by the position that changed them.

    The table has an indexed column ``position``; ``key`` names its primary key. One that is not
    ``is_published`` in Redis is followed by asking Postgres.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    is_published: bool = True


class Fed(Protocol):
    """A read model whose changes may be followed, whoever keeps it."""

    @property
    def name(self) -> str: ...

    @property
    def feed(self) -> Feed | None: ...


class Projection(Fed, Protocol):
    """One read model: a fold of some events into some tables.

    ``tables`` are named as in the schema ``blueprint``. A higher ``version`` than the one that
    built the live generation makes the projector ask for a rebuild.
    """

    @property
    def version(self) -> int: ...

    @property
    def tables(self) -> tuple[str, ...]: ...

    @property
    def events(self) -> tuple[type[Event], ...]: ...

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch of its events, in log order, into its tables.

        Runs in the transaction that moves the checkpoint, with the tables of one generation on
        the search path. It knows no clock and no chance, and any split of a history into batches
        must leave equal rows.
        """
        ...

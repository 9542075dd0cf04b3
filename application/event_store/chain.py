"""The hash chain: what makes a later change of any recorded event visible.

leaf   = sha256(event as a JSON array + newline + its request as a JSON array + newline + payload):
         [event_id, stream_id, topic, schema_version, occurred_at in microseconds] and
         [actor, visit_id, correlation_id, causation_id]
digest = sha256(the leaves of one commit, in order)
chain  = sha256(previous chain + first and last position + recorded_at + digest), integers as
         8 bytes big-endian, the time in microseconds since 1970
The chain starts from 32 zero bytes. It runs over ciphertext, so it survives an erasure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from application.event_store.store import NewEvent, StoredEvent

GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode


def envelope(
    actor: str, visit_id: str, correlation_id: UUID | None, causation_id: UUID | None
) -> bytes:
    """Return the part of a leaf that all events of one request share."""
    return b"\n" + _encode((actor, visit_id, correlation_id, causation_id)) + b"\n"


def leaf(event: NewEvent | StoredEvent, shared: bytes) -> bytes:
    """Return the hash over one event, all but its place."""
    own = _encode(
        (
            event.event_id,
            event.stream_id,
            event.topic,
            event.schema_version,
            microseconds(event.occurred_at),
        )
    )
    return sha256(own + shared + event.payload).digest()


def leaf_of(event: StoredEvent) -> bytes:
    """Return the hash over an event as the log holds it; a verifier compares with it."""
    return leaf(
        event,
        envelope(event.actor, event.visit_id, event.correlation_id, event.causation_id),
    )


def digest(leaves: Iterable[bytes]) -> bytes:
    """Return the hash over the events of one commit."""
    return sha256(b"".join(leaves)).digest()


def link(
    previous: bytes, first_position: int, last_position: int, recorded_at: datetime, batch: bytes
) -> bytes:
    """Return the chain after a commit."""
    return sha256(
        previous
        + first_position.to_bytes(8, "big")
        + last_position.to_bytes(8, "big")
        + microseconds(recorded_at).to_bytes(8, "big", signed=True)
        + batch
    ).digest()


def microseconds(moment: datetime) -> int:
    """Return the exact microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND

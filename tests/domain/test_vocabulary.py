"""The vocabulary is for ever: every event ever recorded can still be read.

golden/events_v1.json has one payload for each topic, personal fields in clear. Its lines are
history: add to it, change none. A field that must change gets a higher ``SCHEMA_VERSION``, an
``upcast``, and a payload in golden/events_v2.json.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from application.event_codec import EventCodec, _encrypt, _plan
from application.event_store.store import StoredEvent
from application.keyring import MemoryKeyring
from application.uuid7 import uuid7
from domain.events import ENVELOPE_FIELDS, Recorded
from domain.vocabulary import AGGREGATES, EVENTS, _events_of

THEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GOLDEN: dict[int, dict[str, dict[str, Any]]] = {
    int(path.stem.removeprefix("events_v")): msgspec.json.decode(path.read_bytes())
    for path in sorted((Path(__file__).parent / "golden").glob("events_v*.json"))
}
PAYLOADS = [
    (schema_version, topic) for schema_version, payloads in GOLDEN.items() for topic in payloads
]


async def decoded(schema_version: int, topic: str) -> Recorded:
    """Return the golden payload as the log would give it back, encrypted where it must be."""
    keyring = MemoryKeyring()
    fields = dict(GOLDEN[schema_version][topic])
    plan, event_id, stream_id = _plan(topic), uuid7(), f"{topic.partition('.')[0]}-1"
    if subject := plan.subject(stream_id, fields):
        key = await keyring.obtain(subject)
        assert key is not None
        for name in plan.personal:
            fields[name] = _encrypt(key, event_id, subject, name, fields[name])
    stored = StoredEvent(
        position=1,
        event_id=event_id,
        stream_id=stream_id,
        version=1,
        topic=topic,
        schema_version=schema_version,
        occurred_at=THEN,
        recorded_at=THEN,
        actor="test",
        visit_id="",
        correlation_id=None,
        causation_id=None,
        payload=msgspec.json.encode(fields),
    )
    [recorded] = await EventCodec(keyring).decode([stored])
    return recorded


def own_fields(recorded: Recorded) -> dict[str, Any]:
    return as_json({k: v for k, v in vars(recorded.event).items() if k not in ENVELOPE_FIELDS})


def as_json(fields: dict[str, Any]) -> dict[str, Any]:
    again: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fields))
    return again


@pytest.mark.parametrize("topic", EVENTS)
def test_every_event_has_a_golden_payload_of_its_version(topic: str) -> None:
    assert topic in GOLDEN.get(EVENTS[topic].SCHEMA_VERSION, {})


def test_no_two_events_share_a_topic() -> None:
    topics = [event.TOPIC for aggregate in AGGREGATES for event in _events_of(aggregate)]

    assert len(topics) == len(set(topics)) == len(EVENTS)


def test_a_topic_begins_with_its_aggregate() -> None:
    for aggregate in AGGREGATES:
        for event in _events_of(aggregate):
            assert event.TOPIC.startswith(f"{aggregate.CATEGORY}.")


@pytest.mark.parametrize("schema_version,topic", PAYLOADS)
async def test_a_golden_payload_still_decodes(schema_version: int, topic: str) -> None:
    recorded = await decoded(schema_version, topic)

    assert type(recorded.event) is EVENTS[topic], vars(recorded.event)


@pytest.mark.parametrize("topic", EVENTS)
async def test_a_golden_payload_of_today_keeps_every_field_and_value(topic: str) -> None:
    schema_version = EVENTS[topic].SCHEMA_VERSION

    recorded = await decoded(schema_version, topic)

    golden = GOLDEN[schema_version][topic]
    assert own_fields(recorded) == as_json(_plan(topic).left_out) | golden

"""Events to payload bytes and back, personal fields encrypted on the way."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from dataclasses import fields as dataclass_fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, get_args, get_type_hints

import msgspec
from eventsourcing.utils import get_topic

from application.event_store.store import NewEvent, StoredEvent
from domain.events import ENVELOPE_FIELDS, PERSONAL, Created, Event, Recorded, Undecodable
from domain.vocabulary import AGGREGATE_OF, EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from application.keyring import Keyring

_NONCE_BYTES = 12
_encode = msgspec.json.Encoder().encode


class SubjectErased(Exception):
    """This shopper was erased; nothing personal about them can be recorded."""


class _Plan:
    """How the events of one class become bytes: worked out once."""

    def __init__(self, topic: str, event_class: type[Event]) -> None:
        hints = get_type_hints(event_class, include_extras=True)
        own = [f.name for f in dataclass_fields(event_class) if f.name not in ENVELOPE_FIELDS]  # type: ignore[arg-type]  # its metaclass makes it a dataclass
        self.event_class = event_class
        self.hints = {name: hints[name] for name in own}
        self.personal = {name: hints[name] for name in own if PERSONAL in get_args(hints[name])}
        self.subject_field = event_class.SUBJECT_FIELD
        # Circumstances that are mostly unknown: not worth their bytes in every event.
        self.left_out = {
            f.name: f.default
            for f in dataclass_fields(event_class)  # type: ignore[arg-type]  # as above
            if f.kw_only
        }
        stored: dict[str, Any] = {name: hints[name] for name in own}
        stored.update(dict.fromkeys(self.personal, str | None))
        shape: Any = TypedDict(topic, stored, total=False)  # type: ignore[misc]  # made at run time
        self.decode: Any = msgspec.json.Decoder(shape).decode
        self.decode_personal = {
            name: msgspec.json.Decoder(hint).decode for name, hint in self.personal.items()
        }
        self.originator: dict[str, str] = {}
        if issubclass(event_class, Created):
            self.originator["originator_topic"] = get_topic(AGGREGATE_OF[topic])

    def subject(self, stream_id: str, values: Mapping[str, Any]) -> str:
        """Return the shopper whose key encrypts this event; empty where nothing is to encrypt."""
        if not self.personal or all(values.get(name) is None for name in self.personal):
            return ""
        return values[self.subject_field] if self.subject_field else stream_id.partition("-")[2]


@cache
def _plan(topic: str) -> _Plan:
    return _Plan(topic, EVENTS[topic])


def event_from_fields(
    topic: str, stream_id: str, occurred_at: datetime, fields: dict[str, Any]
) -> Event:
    """Return an event made of its own fields, in clear, as an export has them.

    Raises KeyError for an unknown topic, TypeError or ValueError for fields that do not fit.
    """
    plan = _plan(topic)
    values = {
        name: msgspec.convert(value, plan.hints[name])
        for name, value in fields.items()
        if name in plan.hints
    }
    make: Callable[..., Event] = plan.event_class
    return make(
        originator_id=stream_id,
        originator_version=0,
        timestamp=occurred_at,
        **plan.originator,
        **values,
    )


class EventCodec:
    """Encodes for the log and decodes from it, with the keys of a keyring.

    A personal field is kept as base64 of nonce and AES-256-GCM ciphertext over its JSON, bound to
    its event, shopper and field, so that it cannot be moved elsewhere unnoticed.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def encode(self, events: Sequence[Event], event_ids: Sequence[UUID]) -> list[NewEvent]:
        """Return the events as the log takes them.

        Raises SubjectErased where a personal field belongs to an erased shopper.
        """
        return [
            await self._encode(event, event_id)
            for event, event_id in zip(events, event_ids, strict=True)
        ]

    async def _encode(self, event: Event, event_id: UUID) -> NewEvent:
        plan = _plan(event.TOPIC)
        values = {k: v for k, v in vars(event).items() if k not in ENVELOPE_FIELDS}
        if subject := plan.subject(event.originator_id, values):
            key = await self._keyring.obtain(subject)
            if key is None:
                raise SubjectErased
            for name in plan.personal:
                if values[name] is not None:
                    values[name] = _encrypt(key, event_id, subject, name, values[name])
        for name, default in plan.left_out.items():
            if values[name] == default:
                del values[name]
        return NewEvent(
            event_id=event_id,
            stream_id=event.originator_id,
            topic=event.TOPIC,
            occurred_at=event.timestamp,
            payload=_encode(values),
            schema_version=event.SCHEMA_VERSION,
        )

    async def decode(self, stored: Sequence[StoredEvent]) -> list[Recorded]:
        """Return typed events, in the same order.

        An event that cannot be decoded (an unknown topic, a broken payload) arrives as
        Undecodable: its followers decide what to do.
        """
        decoded: list[tuple[_Plan, dict[str, Any], str] | Undecodable] = []
        subjects: set[str] = set()
        for event in stored:
            try:
                plan, values = _read(event)
                subject = plan.subject(event.stream_id, values)
            except (KeyError, TypeError, ValueError) as error:
                decoded.append(_undecodable(event, error))
                continue
            decoded.append((plan, values, subject))
            if subject:
                subjects.add(subject)
        keys = await self._keyring.find(subjects) if subjects else {}
        return [
            _recorded(
                event, outcome if isinstance(outcome, Event) else _event(event, *outcome, keys)
            )
            for event, outcome in zip(stored, decoded, strict=True)
        ]


def _read(event: StoredEvent) -> tuple[_Plan, dict[str, Any]]:
    plan = _plan(event.topic)
    if event.schema_version == plan.event_class.SCHEMA_VERSION:
        return plan, plan.decode(event.payload)
    fields = msgspec.json.decode(event.payload)
    return plan, plan.decode(_encode(plan.event_class.upcast(fields, event.schema_version)))


def _event(
    stored: StoredEvent,
    plan: _Plan,
    values: dict[str, Any],
    subject: str,
    keys: Mapping[str, AESGCM | None],
) -> Event:
    try:
        for name in plan.personal:
            if values.get(name) is None:
                continue  # nothing was given, or it was recorded before the field came in
            key = keys.get(subject)
            if subject and key is None:
                values[name] = "" if plan.personal[name].__origin__ is str else None
            elif key is not None:
                plain = _decrypt(key, stored.event_id, subject, name, values[name])
                values[name] = plan.decode_personal[name](plain)
        make: Callable[..., Event] = plan.event_class
        return make(
            originator_id=stored.stream_id,
            originator_version=stored.version,
            timestamp=stored.occurred_at,
            **plan.originator,
            **values,
        )
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is this event's
        return _undecodable(stored, error)


def _recorded(stored: StoredEvent, event: Event) -> Recorded:
    return Recorded(
        position=stored.position,
        event_id=stored.event_id,
        stream_id=stored.stream_id,
        version=stored.version,
        topic=stored.topic,
        schema_version=stored.schema_version,
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at,
        actor=stored.actor,
        visit_id=stored.visit_id,
        correlation_id=stored.correlation_id,
        causation_id=stored.causation_id,
        event=event,
    )


def _undecodable(stored: StoredEvent, error: Exception) -> Undecodable:
    make: Callable[..., Undecodable] = Undecodable
    return make(
        originator_id=stored.stream_id,
        originator_version=stored.version,
        timestamp=stored.occurred_at,
        topic=stored.topic,
        error=f"{type(error).__name__}: {error}",
    )


def _encrypt(key: AESGCM, event_id: UUID, subject: str, name: str, value: object) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = key.encrypt(nonce, _encode(value), _bound_to(event_id, subject, name))
    return b64encode(nonce + ciphertext).decode()


def _decrypt(key: AESGCM, event_id: UUID, subject: str, name: str, kept: str) -> bytes:
    raw = b64decode(kept)
    return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(event_id, subject, name))


def _bound_to(event_id: UUID, subject: str, name: str) -> bytes:
    return f"{event_id}|{subject}|{name}".encode()

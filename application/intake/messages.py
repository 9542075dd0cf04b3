"""Shapes of what arrives: Segment's messages, and GA4's events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

Id = str | int | None
"""SDKs send ids of a shop's own making, numbers too."""


class Page(msgspec.Struct, gc=False):
    """The page on which something happened."""

    url: str | None = None
    title: str | None = None
    referrer: str | None = None


class Campaign(msgspec.Struct, gc=False):
    """What an SDK read from the address of the first page."""

    source: Any = None
    medium: Any = None


class Named(msgspec.Struct, gc=False):
    """The library that sends, or a device; an SDK's word for its kind."""

    name: Any = None
    type: Any = None


class Consent(msgspec.Struct, gc=False):
    """What the visitor allows."""

    analytics: Any = None


class Context(msgspec.Struct, gc=False, rename="camel"):
    """The circumstances of a message, as far as they matter here."""

    page: Page | None = None
    user_agent: str | None = None
    ip: Any = None
    library: Named | None = None
    device: Named | None = None
    campaign: Campaign | None = None
    consent: Consent | None = None
    webdriver: Any = None


class Message(msgspec.Struct, rename="camel"):
    """One call of an SDK. Traits are not read: they are personal, and nothing here needs them."""

    type: str = ""
    message_id: Id = None
    anonymous_id: Id = None
    user_id: Id = None
    previous_id: Id = None
    group_id: Id = None
    event: str | None = None
    name: str | None = None
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    sent_at: datetime | None = None
    context: Context | None = None
    properties: dict[str, Any] | None = None


class Batch(msgspec.Struct, rename="camel"):
    """Messages sent together, each still undecoded: a bad one must not fail the others."""

    batch: list[msgspec.Raw]
    sent_at: Any = None
    write_key: Any = None
    context: msgspec.Raw = msgspec.Raw(b"null")


class Single(msgspec.Struct, rename="camel"):
    """What of a message sent alone concerns the request."""

    write_key: Any = None


class Ga4Request(msgspec.Struct):
    """A request of the Measurement Protocol, its events still undecoded."""

    events: list[msgspec.Raw]
    client_id: Id = None
    app_instance_id: Id = None
    user_id: Id = None
    timestamp_micros: Any = None
    user_agent: Any = None
    ip_override: Any = None


class Ga4Event(msgspec.Struct):
    """One event of the Measurement Protocol."""

    name: str
    params: dict[str, Any] | None = None
    timestamp_micros: Any = None

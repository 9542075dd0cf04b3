"""Reservation: who holds a value that only one account may hold."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003
from typing import Self

from domain.errors import Rejected
from domain.events import Aggregate


class EmailTaken(Rejected):
    """This e-mail address belongs to an account already."""

    code = "email_taken"


class UsernameTaken(Rejected):
    """This username belongs to an account already."""

    code = "username_taken"


class Reservation(Aggregate):
    """An e-mail address or username, known by its keyed hash, or the history of a visitor.

    Its key is ``email:HASH``, ``username:HASH`` or ``visitor:ID``.
    """

    CATEGORY = "reservation"

    class Claimed(Aggregate.Created):
        TOPIC = "reservation.claimed"
        holder: str

    class ClaimedAgain(Aggregate.Event):
        TOPIC = "reservation.claimed_again"
        holder: str

        def apply(self, aggregate: Reservation) -> None:
            aggregate.holder = self.holder

    class Released(Aggregate.Event):
        TOPIC = "reservation.released"
        holder: str

        def apply(self, aggregate: Reservation) -> None:
            aggregate.holder = ""

    def __init__(self, holder: str) -> None:
        self.holder = holder

    @classmethod
    def claim(cls, key: str, found: Self | None, holder: str, now: datetime) -> Self:
        """Hold the value for ``holder``; refused while another holds it."""
        if found is None:
            return cls._create(cls.Claimed, id=cls.stream_id(key), timestamp=now, holder=holder)
        if found.holder and found.holder != holder:
            raise EmailTaken if key.startswith("email:") else UsernameTaken
        if not found.holder:
            found.trigger_event(cls.ClaimedAgain, timestamp=now, holder=holder)
        return found

    def release(self, holder: str, now: datetime) -> None:
        """Free the value, where ``holder`` holds it."""
        if self.holder == holder:
            self.trigger_event(self.Released, timestamp=now, holder=holder)

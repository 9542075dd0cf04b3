"""One request on its way through its handler: decoded, authorised, with what it needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from api import headers
from api.problems import Problem, bad_field
from api.route import Reply
from application.context import Context, Outcome
from application.errors import IdempotencyReplay, PreconditionFailed
from domain.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from aiohttp import web

    from api.caller import Caller
    from api.route import Route
    from api.services import Services
    from application.context import Idempotency
    from application.journal import Journal

B = TypeVar("B")
Q = TypeVar("Q")
T = TypeVar("T")

MAX_ID_LETTERS = 300


class Call(Generic[B, Q]):
    """A request. ``visitor`` is empty unless the route knows visitors or the caller sent one."""

    __slots__ = (
        "body",
        "caller",
        "correlation_id",
        "idempotency",
        "is_replay",
        "query",
        "request",
        "route",
        "services",
        "visitor",
    )

    def __init__(
        self,
        *,
        request: web.Request,
        route: Route,
        services: Services,
        caller: Caller,
        visitor: str,
        correlation_id: UUID,
        body: B,
        query: Q,
        idempotency: Idempotency | None = None,
    ) -> None:
        self.request = request
        self.route = route
        self.services = services
        self.caller = caller
        self.visitor = visitor
        self.correlation_id = correlation_id
        self.body = body
        self.query = query
        self.idempotency = idempotency
        self.is_replay = False

    @property
    def journal(self) -> Journal:
        """The log in the shop's terms."""
        return self.services.journal

    @property
    def actor(self) -> str:
        """In whose name something is recorded."""
        return self.caller.actor or (f"visitor:{self.visitor}" if self.visitor else "anonymous")

    @property
    def shopper_id(self) -> str:
        """The signed-in shopper; 403 for anybody else."""
        if not self.caller.shopper_id:
            raise Problem(403, "not_a_shopper", "Only a shopper can do this.")
        return self.caller.shopper_id

    @property
    def basket_owner(self) -> str:
        """Whose basket this is about: the shopper's, else the visitor's."""
        if self.caller.shopper_id:
            return f"shopper:{self.caller.shopper_id}"
        return f"visitor:{self.visitor}"

    @property
    def if_match(self) -> int | None:
        """The version that the caller wants to change, if they said one."""
        return headers.if_match(self.request)

    async def check_version(self, stream_id: str) -> None:
        """Refuse a request whose If-Match is outdated, for commands that do not check it."""
        if self.if_match is None:
            return
        version = await self.journal.store.stream_version(stream_id)
        if version and version != self.if_match:
            raise PreconditionFailed(stream_id, version)

    def key(self, name: str) -> str:
        """Return an id from the path."""
        value = self.request.match_info[name]
        if len(value) > MAX_ID_LETTERS or not value.isprintable():
            raise bad_field(name, "this cannot be an id")
        return value

    def context(self) -> Context:
        """Return the envelope of what this request records."""
        return Context(
            actor=self.actor,
            now=datetime.now(UTC),
            visit_id=self.visitor,
            correlation_id=self.correlation_id,
            idempotency=self.idempotency,
        )

    async def run(
        self, answer: type[T], command: Callable[[Journal, Context], Awaitable[Outcome[T]]]
    ) -> Outcome[T]:
        """Run a command, or return what it answered when this request was made before."""
        if (done := await self._done_before(answer)) is not None:
            return done
        try:
            return await command(self.journal, self.context())
        except IdempotencyReplay as replay:  # its twin was quicker
            self.is_replay = True
            return Outcome(msgspec.json.decode(replay.result, type=answer), replay.position, {})
        except Rejected:
            # Perhaps refused only because its twin did it meanwhile: Redis, which keeps twins
            # apart, may be out of reach.
            if (done := await self._done_before(answer)) is not None:
                return done
            raise

    async def _done_before(self, answer: type[T]) -> Outcome[T] | None:
        if self.idempotency is None:
            return None
        kept = await self.journal.idempotent_result(self.idempotency.key)
        if kept is None:
            return None
        request_hash, result, position = kept
        if request_hash != self.idempotency.request_hash:
            raise Problem(422, "idempotency_key_reused", "This key was used for another request.")
        self.is_replay = True
        return Outcome(msgspec.json.decode(result, type=answer), position, {})

    async def reply(
        self, outcome: Outcome[T], answer: object = None, *, stream_id: str = ""
    ) -> Reply:
        """Answer a command; ``stream_id`` names the resource whose version is the ETag.

        Where nothing had to be recorded, the end of the log is a position that shows it.
        """
        return Reply(
            answer,
            position=outcome.position or await self.journal.head(),
            version=outcome.versions.get(stream_id) if stream_id else None,
            is_replay=self.is_replay,
        )

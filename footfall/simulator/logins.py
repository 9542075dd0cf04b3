"""Accounts with which to look at the demo, their passwords in a file of the owner's."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from application import shoppers, users
from application.context import Context
from application.uuid7 import uuid7
from domain.reservation import EmailTaken, UsernameTaken
from domain.shopper import Profile
from footfall.simulator.performing import ACTOR

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.wiring import Shop

FILE: Final = "demo-logins.json"
STAFF: Final = {"demo-analyst": "analyst", "demo-admin": "admin", "demo-auditor": "auditor"}
SHOPPER: Final = "demo-shopper"


async def make_logins(shop: Shop) -> dict[str, str]:
    """Make the demo's accounts, once; return the passwords by username.

    The file is written first: an account whose password nobody knows is of no use.
    """
    file = shop.settings.data_dir / FILE
    logins = _passwords(file)
    for username, role in STAFF.items():
        if not await users.is_user(shop.pool, username):
            await users.create_user(shop.pool, username, logins[username], [role])
    with suppress(UsernameTaken, EmailTaken):
        await shoppers.register(
            shop.journal,
            Context(actor=ACTOR, now=datetime.now(UTC)),
            str(uuid7()),
            Profile("Demo Shopper", f"{SHOPPER}@demo.example", SHOPPER),
            logins[SHOPPER],
        )
    return logins


def _passwords(file: Path) -> dict[str, str]:
    with suppress(FileNotFoundError):
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    passwords = {username: secrets.token_urlsafe(12) for username in (*STAFF, SHOPPER)}
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as opened:  # noqa: PTH123 - a descriptor, for its mode
        opened.write(msgspec.json.format(msgspec.json.encode(passwords)) + b"\n")
    return passwords

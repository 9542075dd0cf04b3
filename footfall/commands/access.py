"""Commands for people and keys; they work on a running and on a stopped installation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

import click

from application import keys as key_commands
from application import users as user_commands
from domain.errors import Rejected
from footfall.commands.options import data_dir_option, on_the_loop, opened

if TYPE_CHECKING:
    from pathlib import Path

    from footfall.commands.options import CommandLine

ROLES = sorted(user_commands.STAFF_ROLES)


@click.group()
def users() -> None:
    """Staff: analysts, auditors, ML workers, admins."""


@users.command("create")
@click.option("--username", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def create_user(
    command_line: CommandLine,
    username: str,
    roles: tuple[str, ...],
    password_stdin: bool,  # noqa: FBT001 - click passes options by name
    data_dir: Path | None,
) -> None:
    """Let somebody sign in with a role."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    async with opened(command_line.settings("users", data_dir=data_dir)) as shop:
        try:
            user = await user_commands.create_user(shop.pool, username, password, roles)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{user.username}: {', '.join(user.roles)}")


@users.command("list")
@data_dir_option
@click.pass_obj
@on_the_loop
async def list_users(command_line: CommandLine, data_dir: Path | None) -> None:
    """List who may sign in."""
    async with opened(command_line.settings("users", data_dir=data_dir)) as shop:
        for user in await user_commands.list_users(shop.pool):
            click.echo(f"{user.username}\t{','.join(user.roles)}")


@users.command("remove")
@click.argument("username")
@data_dir_option
@click.pass_obj
@on_the_loop
async def remove_user(command_line: CommandLine, username: str, data_dir: Path | None) -> None:
    """Let somebody sign in no longer."""
    async with opened(command_line.settings("users", data_dir=data_dir)) as shop:
        try:
            await user_commands.remove_user(shop.pool, username)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{username}: removed")


@click.group()
def keys() -> None:
    """Keys for programs: write keys for trackers, API keys for servers."""


@keys.command("create")
@click.option("--kind", required=True, type=click.Choice(["write", "api"]))
@click.option("--name", default="", help="What the key is for.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="API keys only.")
@data_dir_option
@click.pass_obj
@on_the_loop
async def create_key(
    command_line: CommandLine, kind: str, name: str, roles: tuple[str, ...], data_dir: Path | None
) -> None:
    """Make a key and print it, this once."""
    if kind == "api" and not roles:
        roles = ("analyst",)
    async with opened(command_line.settings("keys", data_dir=data_dir)) as shop:
        try:
            made = await key_commands.create_key(
                shop.pool, cast("key_commands.KeyKind", kind), name=name, roles=roles
            )
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(made.key)


@keys.command("list")
@data_dir_option
@click.pass_obj
@on_the_loop
async def list_keys(command_line: CommandLine, data_dir: Path | None) -> None:
    """List the keys, without their secrets."""
    async with opened(command_line.settings("keys", data_dir=data_dir)) as shop:
        for key in await key_commands.list_keys(shop.pool):
            state = "revoked" if key.revoked_at else ",".join(key.roles)
            click.echo(f"{key.key_id}\t{key.kind}\t{key.hint}…\t{key.name}\t{state}")


@keys.command("revoke")
@click.argument("key_id")
@data_dir_option
@click.pass_obj
@on_the_loop
async def revoke_key(command_line: CommandLine, key_id: str, data_dir: Path | None) -> None:
    """Let a key count no longer."""
    async with opened(command_line.settings("keys", data_dir=data_dir)) as shop:
        try:
            await key_commands.revoke_key(shop.pool, key_id)
        except Rejected as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(f"{key_id}: revoked")

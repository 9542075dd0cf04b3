"""Write docs/settings.md: ``python -m footfall.settings_page > docs/settings.md``."""

from __future__ import annotations

import sys

import msgspec

from footfall.settings import Settings, variable_of

_HEAD = """\
# Settings

Read once, when a program starts, from these variables; the command line goes over them.
An empty variable counts as unset. This page is made from `footfall/settings.py` by `make docs`.

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the page: one row for each setting, in the order of their definition."""
    fields = msgspec.structs.fields(Settings)
    return _HEAD + "".join(
        f"| `{variable_of(field.name)}` | {_default(field.default)} | {_description(field)} |\n"
        for field in fields
    )


def _default(value: object) -> str:
    return "unset" if value is None else f"`{value}`"


def _description(field: msgspec.structs.FieldInfo) -> str:
    meta = next(m for m in field.type.__metadata__ if isinstance(m, msgspec.Meta))
    allowed = msgspec.inspect.type_info(field.type.__origin__)
    text = meta.description or ""
    if isinstance(allowed, msgspec.inspect.LiteralType):
        text += f" One of {', '.join(f'`{value}`' for value in allowed.values)}."
    return text


if __name__ == "__main__":
    sys.stdout.write(settings_page())

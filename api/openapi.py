"""Writes /openapi.json from the routes."""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING, Any

import msgspec

from api import cookies, headers, visitor
from api.problems import CONTENT_TYPE, ProblemBody
from api.roles import SHOPPER, STAFF
from api.route import JSON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.route import Route

VERSION = "3.1.0"
NOT_MODIFIED = 304
_PARAMETER = re.compile(r"\{(\w+)\}")
_REF = "#/components/schemas/{name}"

_REFUSALS = {
    400: "The request cannot be understood; `errors` names each bad field",
    401: "Nobody knows who is calling",
    403: "The caller may not do this",
    404: "There is no such thing",
    409: "Somebody else was quicker, or the same request still runs",
    410: "It is gone for good",
    412: "The version in If-Match is not the current one",
    413: "The request is too large",
    415: "The body is not JSON",
    422: "The shop refuses; `code` says why",
    429: "Too many attempts; see Retry-After",
    500: "A mistake of ours",
    503: "Not now; see Retry-After",
}

_HEADERS = {
    headers.POSITION: "Log position of what was recorded; send it as Footfall-After to see it",
    "ETag": "Version of the resource",
    headers.REPLAYED: "`true`: this was done before, and this is the answer of then",
    headers.CORRELATION: "Stands with every event that this request recorded",
    visitor.HEADER: "The visitor whose basket this is; keep it",
}


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of the routes."""
    wanted: list[Any] = [ProblemBody]
    for route in routes:
        wanted += [kind for kind in (route.body, route.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(wanted, ref_template=_REF)
    by_type = {id(kind): schema for kind, schema in zip(wanted, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Footfall",
            "version": "1",
            "description": "Purchase behaviour of a web shop, live. Times are RFC 3339 in UTC, "
            "money is in minor units, errors are RFC 9457 problem details with a stable `code`.",
        },
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                **{
                    f"{whose}_cookie": {"type": "apiKey", "in": "cookie", "name": name}
                    for whose, name in cookies.NAMES.items()
                },
            },
        },
    }


def statuses(route: Route) -> list[int]:
    """Return the statuses, beside success, that the route may answer."""
    found = {400, 500, 503, *route.refusals}
    if route.roles:
        found |= {401, 403}
    if route.body is not None:
        found |= {413, 415}
    if route.is_versioned and not route.is_safe:
        found |= {412}
    if route.is_idempotent:
        found |= {409, 422}
    return sorted(found)


def _operation(route: Route, by_type: dict[int, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": _parameters(route),
        "responses": {
            str(route.status): _success(route, by_type),
            **{str(status): _refusal(status) for status in statuses(route)},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.is_body_optional,
            "content": {JSON: {"schema": by_type[id(route.body)]}},
        }
    if route.roles:
        roles = sorted(route.roles)
        whose = [not route.roles.isdisjoint(SHOPPER), not route.roles.isdisjoint(STAFF)]
        operation["security"] = [
            {"token": []},
            *({f"{name}_cookie": []} for name in compress(("shopper", "staff"), whose)),
        ]
        operation["description"] = f"Takes the role {' or '.join(roles)}."
        operation["x-roles"] = roles
    return operation


def operation_id(route: Route) -> str:
    """Return a name for the operation that no other has."""
    words = re.sub(r"[^a-zA-Z0-9]+", "_", route.path.removeprefix("/v1")).strip("_")
    return f"{route.method.lower()}_{words or 'index'}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    for field in msgspec.structs.fields(route.query):
        schema = msgspec.json.schema(field.type)
        if not field.required and field.default is not msgspec.NODEFAULT:
            schema["default"] = msgspec.to_builtins(field.default)
        found.append(
            {
                "name": field.encode_name,
                "in": "query",
                "required": field.required,
                "schema": schema,
            }
        )
    sent = [(headers.CORRELATION, "An id of the caller's for what belongs together")]
    if route.reads:
        sent.append((headers.AFTER, "Wait until the answer shows this log position"))
    if route.is_idempotent:
        sent.append((headers.IDEMPOTENCY_KEY, "Repeating the request with it does it once"))
    if route.is_versioned and not route.is_safe:
        sent.append(("If-Match", "Do it only while this ETag is the current one"))
    if route.knows_visitor:
        sent.append((visitor.HEADER, "The anonymous visitor; a browser has it as a cookie"))
    return found + [
        {"name": n, "in": "header", "description": about, "schema": {"type": "string"}}
        for n, about in sent
    ]


def _success(route: Route, by_type: dict[int, dict[str, Any]]) -> dict[str, Any]:
    sent = [headers.CORRELATION]
    if route.is_command:
        sent.append(headers.POSITION)
    if route.is_versioned:
        sent.append("ETag")
    if route.is_idempotent:
        sent.append(headers.REPLAYED)
    if route.knows_visitor:
        sent.append(visitor.HEADER)
    content: dict[str, Any] = {media: {"schema": {}} for media in route.media}
    if route.answer is not None:
        content[JSON] = {"schema": by_type[id(route.answer)]}
    answer: dict[str, Any] = {
        "description": route.summary,
        "headers": {
            name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in sent
        },
    }
    return answer | ({"content": content} if content else {})


def _refusal(status: int) -> dict[str, Any]:
    if status == NOT_MODIFIED:
        return {"description": "The caller has it already"}  # and so gets no body
    schema = {"$ref": _REF.format(name="ProblemBody")}
    return {"description": _REFUSALS[status], "content": {CONTENT_TYPE: {"schema": schema}}}

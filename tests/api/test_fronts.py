"""What browsers are served: the dashboard at /, the storefront at /shop/."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from api import fronts
from api.services import ApiSettings
from tests.api.conftest import running_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from footfall.wiring import Shop
    from tests.api.conftest import Api, Client

SCRIPT = b"'" + b"a script; " * 500 + b"'"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest_asyncio.fixture
async def api(shop: Shop) -> AsyncIterator[Api]:
    async with running_api(shop, ApiSettings(drain_seconds=1, storefront=True)) as running:
        yield running


@pytest.fixture(autouse=True)
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build both fronts, each as its name."""
    for name in ("dashboard", "shop"):
        built = tmp_path / name / "dist"
        (built / "assets").mkdir(parents=True)
        (built / "index.html").write_text(f"<!doctype html><title>{name}</title>")
        (built / "assets" / "main-Zx81.js").write_bytes(SCRIPT)
        (built / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not built")
    monkeypatch.setattr(fronts, "WEB", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "path, front",
    [
        ("/", "dashboard"),
        ("/?feed=orders&top=views", "dashboard"),
        ("/shop/?q=lamp", "shop"),
        ("/system", "dashboard"),
        ("/shoppers/shopper:a-b?tab=visits", "dashboard"),
        ("/vouchers", "dashboard"),
        ("/shop/", "shop"),
        ("/shop/products/lamp", "shop"),
        ("/shop/products/lamp-2.0", "shop"),
    ],
)
async def test_each_address_of_a_front_shows_its_page(
    client: Client, path: str, front: str
) -> None:
    answer = await client.get(path, **PAGE)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<title>{front}</title>" in answer.raw.decode()
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_page_may_run_and_load_only_what_is_ours(client: Client) -> None:
    for path in ("/", "/system", "/shop/"):
        policy = (await client.get(path, **PAGE)).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy
    assert "https:" not in (await client.get("/", **PAGE)).headers["Content-Security-Policy"]


@pytest.mark.parametrize("base", ["/", "/shop/"])
async def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_travels_packed(
    client: Client, base: str
) -> None:
    plain = await client.get(f"{base}assets/main-Zx81.js", Accept_Encoding="identity")
    assert (plain.status, plain.raw) == (200, SCRIPT)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    packed = await client.get(f"{base}assets/main-Zx81.js", Accept_Encoding="gzip")
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == (
        "gzip",
        "Accept-Encoding",
    )
    assert packed.raw == SCRIPT  # as the client unpacked it
    assert int(packed.headers["Content-Length"]) == len(gzip.compress(SCRIPT, mtime=0))
    small = await client.get(f"{base}icon.svg", Accept_Encoding="gzip")
    assert "Content-Encoding" not in small.headers
    assert small.headers["Cache-Control"] == "public, max-age=3600"


async def test_a_browser_that_has_the_page_is_told_so_until_it_is_built_anew(
    client: Client, web: Path
) -> None:
    tag = (await client.get("/", **PAGE)).headers["ETag"]
    again = await client.get("/", **PAGE, If_None_Match=tag)
    assert (again.status, again.raw) == (304, b"")
    (web / "dashboard" / "dist" / "index.html").write_text("<title>newer</title>")
    anew = await client.get("/", **PAGE, If_None_Match=tag)
    assert (anew.status, anew.raw) == (200, b"<title>newer</title>")


async def test_what_was_not_built_cannot_be_had(client: Client) -> None:
    for path in (
        "/assets/other.js",
        "/assets",
        "/..%2F..%2Fsecret.txt",
        "/assets/..%2F..%2F..%2Fsecret.txt",
        "/shop/%2Fetc%2Fpasswd.txt",
        "/a%00b.js",
    ):
        answer = await client.get(path)
        assert (answer.status, answer.json["code"]) == (404, "no_such_route"), path


async def test_a_program_that_mistakes_an_address_gets_a_problem_and_no_page(
    client: Client,
) -> None:
    for path, accept in (("/v1/nothing", "text/html"), ("/health/nothing", "text/html")):
        answer = await client.get(path, Accept=accept)
        assert (answer.status, answer.json["code"]) == (404, "no_such_route"), path
    assert (await client.get("/nothing", Accept="application/json")).status == 404
    assert (await client.post("/nothing")).status == 405


async def test_the_storefront_has_one_address(client: Client) -> None:
    answer = await client.get("/shop")
    assert (answer.status, answer.headers["Location"]) == (308, "/shop/")


async def test_the_storefront_is_there_only_where_it_was_opened(shop: Shop) -> None:
    async with running_api(shop, with_staff=False) as closed:
        for path in ("/shop/", "/shop/products/lamp", "/shop/assets/main-Zx81.js"):
            answer = await closed.client.get(path, **PAGE)
            assert (answer.status, answer.json["code"]) == (404, "no_storefront"), path
        assert (await closed.client.get("/", **PAGE)).status == 200


async def test_without_a_build_the_page_says_what_to_do(client: Client, web: Path) -> None:
    (web / "dashboard" / "dist" / "index.html").unlink()
    answer = await client.get("/system", **PAGE)
    assert answer.status == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "make web" in answer.raw.decode()

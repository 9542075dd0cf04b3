from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from footfall.master_key import load_master_key
from footfall.settings import SettingsError, read_settings

KEY = base64.b64encode(bytes(range(32))).decode()


def test_without_variables_the_defaults_hold() -> None:
    settings = read_settings({})
    assert settings.data_dir == Path(".footfall")
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database_url is None


def test_variables_are_read_and_the_command_line_goes_over_them() -> None:
    environ = {"FOOTFALL_PORT": "9000", "FOOTFALL_DATA_DIR": "/srv/shop", "REDIS_URL": "redis://r"}
    settings = read_settings(environ, port=0, host=None)
    assert (settings.port, settings.host) == (0, "127.0.0.1")
    assert settings.data_dir == Path("/srv/shop")
    assert settings.redis_url == "redis://r"


def test_an_empty_variable_counts_as_unset() -> None:
    assert read_settings({"DATABASE_URL": "", "FOOTFALL_PORT": ""}) == read_settings({})


@pytest.mark.parametrize(
    "variable, value",
    [
        ("FOOTFALL_PORT", "http"),
        ("FOOTFALL_PORT", "70000"),
        ("FOOTFALL_ENVIRONMENT", "staging"),
        ("FOOTFALL_ABANDON_AFTER_SECONDS", "0"),
        ("FOOTFALL_MASTER_KEY", "short"),
        ("FOOTFALL_MASTER_KEY", "not base64 at all!"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: value})


def test_production_refuses_to_start_without_a_master_key() -> None:
    with pytest.raises(SettingsError, match="FOOTFALL_MASTER_KEY"):
        read_settings({"FOOTFALL_ENVIRONMENT": "production"})
    read_settings({"FOOTFALL_ENVIRONMENT": "production", "FOOTFALL_MASTER_KEY": KEY})


def test_secrets_stay_out_of_the_representation() -> None:
    settings = read_settings(
        {"FOOTFALL_MASTER_KEY": KEY, "DATABASE_URL": "postgresql://u:hidden@h/d"}
    )
    assert KEY not in repr(settings)
    assert "hidden" not in repr(settings)


def test_a_master_key_that_is_set_is_used_and_none_is_written(tmp_path: Path) -> None:
    settings = read_settings({"FOOTFALL_MASTER_KEY": KEY}, data_dir=tmp_path)
    assert load_master_key(settings) == bytes(range(32))
    assert list(tmp_path.iterdir()) == []


def test_a_master_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = read_settings({}, data_dir=tmp_path / "new")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_master_key(settings), range(32)))
    assert len(keys) == 1
    (path,) = (tmp_path / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600

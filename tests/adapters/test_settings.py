"""Settings: what the environment may say, and what stands without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.settings import DEFAULT_DATABASE_URL, read_settings
from campaigns.errors import UsageError


def test_without_any_variable_a_shop_works_on_this_machine_alone() -> None:
    settings = read_settings({})
    assert settings.database_url == DEFAULT_DATABASE_URL
    assert (settings.host, settings.port) == ("127.0.0.1", 8765)
    assert settings.secret_file == Path("var/waihu.key")
    assert not settings.is_https
    assert not settings.allow_lan_http


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "WAIHU_DATABASE_URL": "postgresql://waihu@db/shop",
            "WAIHU_SECRET_FILE": "keys/shop.key",
            "WAIHU_HOST": "0.0.0.0",  # noqa: S104 - read, not listened on
            "WAIHU_PORT": "0",
            "WAIHU_PUBLIC_URL": "https://shop.example",
            "WAIHU_ALLOW_LAN_HTTP": "TRUE",
        }
    )
    assert settings.database_url == "postgresql://waihu@db/shop"
    assert settings.secret_file == Path("keys/shop.key")
    assert settings.port == 0
    assert settings.is_https
    assert settings.allow_lan_http


@pytest.mark.parametrize("port", ["x", "-1", "65536", "80.5"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_settings({"WAIHU_PORT": port})
    assert refused.value.field == "WAIHU_PORT"


def test_the_key_lies_beside_a_sqlite_file() -> None:
    assert read_settings({"WAIHU_DATABASE_URL": "sqlite:////srv/a.db"}).secret_file == Path(
        "/srv/a.key"
    )


def test_each_database_of_a_server_has_a_key_of_its_own_without_its_password_in_the_name() -> None:
    def secret(url: str) -> Path:
        source = {"WAIHU_DATABASE_URL": url, "XDG_DATA_HOME": "/data"}
        return read_settings(source).secret_file

    one = secret("postgresql://waihu:geheim@db/one")
    assert one.parent == Path("/data/waihu")
    assert one != secret("postgresql://waihu:geheim@db/two")
    assert one == secret("postgresql://waihu:neu@db/one?sslmode=require")
    assert "geheim" not in one.name


@pytest.mark.parametrize("word", ["", "0", "false", "no", "off"])
def test_plain_http_for_a_lan_has_to_be_said(word: str) -> None:
    assert not read_settings({"WAIHU_ALLOW_LAN_HTTP": word}).allow_lan_http


def test_an_empty_variable_is_as_none() -> None:
    empty = dict.fromkeys(
        ["WAIHU_DATABASE_URL", "WAIHU_PORT", "WAIHU_HOST", "WAIHU_SECRET_FILE"], ""
    )
    assert read_settings(empty) == read_settings({})

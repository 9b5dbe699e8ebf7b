"""What an installation tells of its lines: all of it or none, secrets from files, nothing in a repr."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.channels.registry import open_lines
from adapters.line_settings import LineSettings, is_loopback, read_line_settings
from adapters.settings import Settings, read_settings
from campaigns.errors import UsageError
from campaigns.values import LineName

TWILIO = {
    "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "WAIHU_TWILIO_AUTH_TOKEN": "the token",
    "WAIHU_TWILIO_FROM": "+15005550006",
}
ASTERISK = {
    "WAIHU_ASTERISK_URL": "http://127.0.0.1:8088",
    "WAIHU_ASTERISK_USER": "waihu",
    "WAIHU_ASTERISK_PASSWORD": "the password",
}
ALIYUN = {
    "WAIHU_ALIYUN_ACCESS_KEY_ID": "the id",
    "WAIHU_ALIYUN_ACCESS_KEY_SECRET": "the key secret",
    "WAIHU_ALIYUN_SIGN_NAME": "四季花坊",
}
LINES = (TWILIO, ASTERISK, ALIYUN)
SECRETS = ("the token", "the password", "the key secret", "the old token", "the api secret")


def test_without_settings_there_are_no_lines() -> None:
    assert read_line_settings({}) == LineSettings()
    assert read_line_settings(dict.fromkeys(TWILIO, "")) == LineSettings()
    assert read_settings({"WAIHU_PORT": "80"}).lines == LineSettings()


def test_each_line_has_its_usual_values() -> None:
    told = read_line_settings({**TWILIO, **ASTERISK, **ALIYUN})
    assert told.twilio is not None
    assert (told.twilio.calls_per_second, told.twilio.texts_per_second) == (1.0, 1.0)
    assert (told.twilio.number, told.twilio.base_url) == ("+15005550006", None)
    assert told.asterisk is not None
    assert (told.asterisk.app, told.asterisk.calls_per_second) == ("waihu", 5.0)
    assert (told.asterisk.trunk, told.asterisk.dials_e164) == ("PJSIP/{number}@carrier", False)
    assert told.aliyun is not None
    assert (told.aliyun.templates, told.aliyun.texts_per_second) == ({}, 10.0)


@pytest.mark.parametrize(
    ("line", "missing"),
    [(line, name) for line in LINES for name in line],
    ids=lambda v: str(v)[:40],
)
def test_half_a_line_is_refused_naming_what_is_missing(line: dict[str, str], missing: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_line_settings({name: value for name, value in line.items() if name != missing})
    assert refused.value.field == missing


def test_a_single_further_setting_is_half_a_line_too() -> None:
    with pytest.raises(UsageError) as refused:
        read_line_settings({"WAIHU_TWILIO_BASE_URL": "http://127.0.0.1:9"})
    assert refused.value.field == "WAIHU_TWILIO_ACCOUNT_SID"


def test_a_secret_may_stand_in_a_file_which_counts_more(tmp_path: Path) -> None:
    place = tmp_path / "token"
    place.write_text("  from the file\n", encoding="utf-8")
    source = {**TWILIO, "WAIHU_TWILIO_AUTH_TOKEN_FILE": str(place)}
    told = read_line_settings(source).twilio
    assert told is not None
    assert told.auth_token == "from the file"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_file_that_gives_nothing_is_refused(tmp_path: Path, content: str | None) -> None:
    place = tmp_path / "token"
    if content is not None:
        place.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_line_settings({**TWILIO, "WAIHU_TWILIO_AUTH_TOKEN_FILE": str(place)})
    assert str(refused.value.field).startswith("WAIHU_TWILIO_AUTH_TOKEN")
    assert str(tmp_path) not in refused.value.message


def test_no_secret_is_in_what_is_printed() -> None:
    more = {
        "WAIHU_TWILIO_OLD_AUTH_TOKEN": "the old token",
        "WAIHU_TWILIO_API_KEY": "SK0",
        "WAIHU_TWILIO_API_SECRET": "the api secret",
        "WAIHU_ALIYUN_CALLBACK_TOKEN": "the callback token",
    }
    told = read_line_settings({**TWILIO, **ASTERISK, **ALIYUN, **more})
    printed = repr(told) + str(told)
    assert not any(secret in printed for secret in (*SECRETS, "the callback token"))


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "1001", "fast", ""])
def test_a_pace_is_a_number_above_zero(rate: str) -> None:
    source = {**TWILIO, "WAIHU_TWILIO_CALLS_PER_SECOND": rate}
    if not rate:
        told = read_line_settings(source).twilio
        assert told is not None
        assert told.calls_per_second == 1.0
        return
    with pytest.raises(UsageError) as refused:
        read_line_settings(source)
    assert refused.value.field == "WAIHU_TWILIO_CALLS_PER_SECOND"


@pytest.mark.parametrize("templates", ["{", "[1]", "7", '"text"', "null"])
def test_templates_are_a_json_object(templates: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_line_settings({**ALIYUN, "WAIHU_ALIYUN_TEMPLATES": templates})
    assert refused.value.field == "WAIHU_ALIYUN_TEMPLATES"


def test_templates_name_the_providers_code_of_each_script() -> None:
    source = {**ALIYUN, "WAIHU_ALIYUN_TEMPLATES": '{"a/b": "SMS_1"}'}
    told = read_line_settings(source).aliyun
    assert told is not None
    assert told.templates == {"a/b": "SMS_1"}


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:8088", True),
        ("http://localhost/", True),
        ("http://[::1]:9", True),
        ("http://127.0.0.1.example.cn", False),
        ("http://example.cn@127.0.0.1.example.cn", False),
        ("http://10.0.0.3", False),
        ("127.0.0.1:80", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_is_on_this_machine_or_not(url: str | None, is_here: bool) -> None:
    assert is_loopback(url) is is_here


def test_a_training_shop_opens_no_line_that_leads_outside(tmp_path: Path) -> None:
    outside = {**TWILIO, **ASTERISK, **ALIYUN, "WAIHU_ASTERISK_URL": "http://10.0.0.3:8088"}
    told = Settings("sqlite://", tmp_path / "key", lines=read_line_settings(outside))
    closed = open_lines(told, is_training=True)
    assert (closed.voice, closed.sms, closed.readers) == ({}, {}, {})
    opened = open_lines(told, is_training=False)
    assert set(opened.voice) == {LineName.TWILIO, LineName.ASTERISK}
    assert set(opened.sms) == set(opened.readers) == {LineName.TWILIO, LineName.ALIYUN}


def test_a_training_shop_opens_the_lines_on_its_own_machine(tmp_path: Path) -> None:
    here = "http://127.0.0.1:9"
    inside = {**TWILIO, **ASTERISK, "WAIHU_TWILIO_BASE_URL": here}
    told = Settings("sqlite://", tmp_path / "key", lines=read_line_settings(inside))
    opened = open_lines(told, is_training=True)
    assert set(opened.voice) == {LineName.TWILIO}  # an exchange here may lead to telephones
    assert opened.voice[LineName.TWILIO].is_training
    inside["WAIHU_ASTERISK_FOR_TRAINING"] = "1"
    told = Settings("sqlite://", tmp_path / "key", lines=read_line_settings(inside))
    opened = open_lines(told, is_training=True)
    assert opened.voice[LineName.ASTERISK].is_training

"""What a provider's account is to both of its lines, the one for calls and the one for texts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from adapters.channels.base import LineReport, Unknown, may_come_of
from adapters.channels.one_request import Timeouts
from adapters.channels.twilio_client import open_client
from adapters.line_settings import TwilioSettings
from campaigns.values import LineName

PAGE = 100
_SUBJECT = {"voice": "电话", "sms": "短信"}


class TwilioAccount:
    """One account with its number. `public_url`: where the provider reaches us."""

    def __init__(
        self, settings: TwilioSettings, public_url: str, timeouts: Timeouts | None = None
    ) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._client = open_client(settings, timeouts or Timeouts())

    @property
    def name(self) -> LineName:
        """Twilio."""
        return LineName.TWILIO

    @property
    def is_training(self) -> bool:
        """Whether it is the carrier of the training shop, on this machine."""
        return self._settings.is_local

    def _check(self, medium: str) -> LineReport:
        """Whether the account answers and has the number it shows. `medium`: voice or sms."""
        subject = _SUBJECT[medium]
        settings = self._settings
        account = self._client.read(lambda api: api.api.accounts(settings.account_sid).fetch())
        if isinstance(account, Unknown):
            return LineReport(False, (f"{subject}不能用：{account.reason}",))
        if account.status != "active":
            return LineReport(False, (f"{subject}不能用：线路账号的状态是 {account.status}",))
        if settings.is_local:
            return LineReport(True, (f"{subject}：训练线路已连上，不会拨到真的电话",))
        if medium == "sms" and settings.messaging_service:
            return LineReport(True, (f"{subject}：账号可用，经短信服务发送",))
        numbers = self._client.read(
            lambda api: api.incoming_phone_numbers.list(phone_number=settings.number, limit=1)
        )
        if isinstance(numbers, Unknown):
            return LineReport(False, (f"{subject}：账号可用，号码没有查到：{numbers.reason}",))
        return _number_report(subject, medium, numbers)


def nearest(records: Iterable[Any], asked_at: datetime) -> Any:
    """The record that was made closest to a request, of those that may come of it; or None."""
    near = (
        record
        for record in records
        if isinstance(record.date_created, datetime) and may_come_of(asked_at, record.date_created)
    )
    return min(near, key=lambda record: abs(record.date_created - asked_at), default=None)


def _number_report(subject: str, medium: str, numbers: list[Any]) -> LineReport:
    if not numbers:
        said = "显示的号码不是账号里买的，应是已核验的来电号码"
        return LineReport(medium == "voice", (f"{subject}：账号可用，但{said}",))
    able = numbers[0].capabilities
    if isinstance(able, dict) and not able.get(medium, True):
        return LineReport(False, (f"{subject}：账号可用，但这个号码不能用于{subject}",))
    return LineReport(True, (f"{subject}：账号可用，号码在账号里",))

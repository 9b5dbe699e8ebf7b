"""The provider's own library, held to one request at a time, and to no proxy.

Its HTTP part is replaced by `HttpPart`. The library's own waits for ever, follows the environment's
proxies, logs the customer's number, and hides the headers of an answer that it raises for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client

from adapters.channels.base import Missing, Refused, Unknown
from adapters.channels.one_request import HttpAnswer, NotAsked, OneRequest, Timeouts
from adapters.line_settings import TwilioSettings

PEER = "线路服务商"
ANSWER_BYTES = 8_000_000
"""No answer is larger: a page of a thousand calls is some 1 MB. Recordings have a limit of their own."""

TOO_MANY = frozenset({20429, 22005, 14107, 63038})
OPTED_OUT = frozenset({21610})
_FOR_GOOD: Mapping[frozenset[int], str] = {
    OPTED_OUT: "这个号码已向线路退订短信",
    frozenset(
        {13224, 21201, 21211, 21214, 21217, 21401, 21421, 21614, 21635, 30006}
    ): "线路服务商说这个号码不能用",
    frozenset({21602, 21617, 21619}): "线路服务商不接受这条短信的内容，太长或是空的",
    frozenset(
        {21210, 21212, 21215, 21216, 21408, 21606, 21608, 21612, 60220, 572005}
    ): "线路账号无权联系这个号码，请管理员检查开通的地区与号码",
}
"""The provider's codes for what it would refuse another time too."""

_NO_SUCH = frozenset({"404", "20404"})
_NOT_CONNECTED = Refused("not_connected", "连不上线路服务商，请检查网络", is_permanent=False)
_UNREADABLE = Unknown("线路服务商的回答读不出来")

T = TypeVar("T")


class NoAnswerError(Exception):
    """Carries through the library that its request never left, or that nobody knows what it did."""

    def __init__(self, outcome: NotAsked | Unknown) -> None:
        super().__init__()
        self.outcome = outcome


class HttpPart:
    """The HTTP part of the provider's library: one request, whatever comes of it."""

    is_async = False

    def __init__(self, timeouts: Timeouts) -> None:
        self._one = OneRequest(PEER, ANSWER_BYTES, timeouts, trusts_env=False)
        self._noted = threading.local()

    @property
    def retry_after(self) -> timedelta | None:
        """What the answer to this thread's last request said of trying again."""
        noted: timedelta | None = getattr(self._noted, "retry_after", None)
        return noted

    def request(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """The library's way in. `timeout` and `allow_redirects` are ours to say, not its.

        Raises NoAnswerError, also for a yes that is no JSON object.
        """
        sent = self.send(method.upper(), uri, params=params, data=data, headers=headers, auth=auth)
        if sent.is_done and not isinstance(sent.fields, dict):
            raise NoAnswerError(_UNREADABLE)
        return Response(sent.status, sent.content.decode("utf-8", errors="replace"), {})

    def send(self, method: str, uri: str, **how: Any) -> HttpAnswer:
        """One request, the library's or one that it has no words for. Raises NoAnswerError."""
        self._noted.retry_after = None
        sent = self._one.send(method, uri, **how)
        if not isinstance(sent, HttpAnswer):
            raise NoAnswerError(sent)
        self._noted.retry_after = sent.retry_after
        return sent


@dataclass(frozen=True, slots=True)
class TwilioClient:
    """One account's way to the provider. `api` is the library's client."""

    settings: TwilioSettings
    http: HttpPart
    api: Any = field(repr=False)

    @property
    def auth(self) -> tuple[str, str]:
        """Who asks: an API key where there is one, so that the token can be changed."""
        return _auth(self.settings)

    def ask(self, request: Callable[[Any], T]) -> T | Refused | Unknown:
        """Make one request with the library, and say what it came to if it did not succeed."""
        try:
            return request(self.api)
        except NoAnswerError as error:
            return _NOT_CONNECTED if isinstance(error.outcome, NotAsked) else error.outcome
        except TwilioRestException as error:
            return _of_status(error.status, error.code, self.http.retry_after)
        except TwilioServiceException as error:
            return Unknown(f"线路服务商出错（{error.status}）")
        except TwilioException as error:
            page = error.args[-1] if error.args else None
            if isinstance(page, Response):  # a list's page that is none
                return _of_status(page.status_code, None, self.http.retry_after)
        except (ValueError, TypeError, AttributeError, KeyError):
            # The library reads an answer of another shape than it expects into one of these.
            pass
        return _UNREADABLE

    def read(self, request: Callable[[Any], T]) -> T | Unknown:
        """Read what the provider has. That it refuses says nothing of what is there."""
        told = self.ask(request)
        return Unknown(told.reason) if isinstance(told, Refused) else told

    def find(self, request: Callable[[Any], T]) -> T | Missing | Unknown:
        """Read one record by its id."""
        told = self.ask(request)
        if isinstance(told, Refused):
            return Missing() if told.code in _NO_SUCH else Unknown(told.reason)
        return told


def open_client(settings: TwilioSettings, timeouts: Timeouts) -> TwilioClient:
    """The account's client. Nothing of it comes from the environment; no request is made."""
    http = HttpPart(timeouts)
    user, password = _auth(settings)
    api = Client(
        user,
        password,
        settings.account_sid,
        http_client=http,
        # An empty one would make the library look into the process's own.
        environment={"source": "settings"},
    )
    if settings.base_url is not None:
        api.api.base_url = settings.base_url.rstrip("/")
    return TwilioClient(settings, http, api)


def _auth(settings: TwilioSettings) -> tuple[str, str]:
    if settings.api_key and settings.api_secret:
        return settings.api_key, settings.api_secret
    return settings.account_sid, settings.auth_token


def _of_status(status: int, told: object, retry_after: timedelta | None) -> Refused | Unknown:
    code = told if isinstance(told, int) else status
    if status == 429 or code in TOO_MANY:
        return Refused(str(code), "线路服务商说请求太多，请稍后再试", False, retry_after)
    if status in {401, 403}:
        reason = "线路服务商不认账号或密钥，请管理员核对 WAIHU_TWILIO_ 开头的设置"
        return Refused("not_authorised", reason, is_permanent=False)
    if not 400 <= status < 500 or status == 408:
        return Unknown(f"线路服务商出错（{status}）")
    for codes, reason in _FOR_GOOD.items():
        if code in codes:
            return Refused(str(code), reason, True, is_opted_out=code in OPTED_OUT)
    return Refused(str(code), f"线路服务商不接受（{code}）", is_permanent=False)

"""The page of the do-not-contact list: who is on it, and who put them there."""

from __future__ import annotations

from collections.abc import Callable

from campaigns.lines import SmsReply
from campaigns.values import LineName, Role
from scheduler.flows.text_replies import take_replies
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor

pytestmark = sqlite_only


def test_r_dnc_2_an_opt_out_by_text_names_the_system_and_the_customer(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    take_replies(runtime, LineName.TWILIO, [SmsReply("r1", "+8618412345671", "R")])
    page = signed_in(Role.LEADER).get("/desk/do-not-contact").text
    assert "系统（短信回复）" in page
    assert ">engine<" not in page
    row = page[page.index("184****5671") :]
    assert "青柠小站" in row[: row.index("</th>")]

"""Pages of mass messages and replies, without a browser (R-MSG-2, R-DNC-2)."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from adapters.channels.base import Unknown
from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from adapters.store.models.customers import suppression
from adapters.store.models.lines import sms
from adapters.store.queries import campaigns, people
from campaigns.messages import OPT_OUT_WORDS
from campaigns.values import LineName, Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_sending import send_due
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor

pytestmark = sqlite_only

PAGE = "/desk/texts"


@pytest.fixture
def line(runtime: Runtime) -> InMemorySms:
    """A line for SMS, and two customers whom a call did not reach."""
    made = InMemorySms(runtime.machine_clock.now)
    runtime.lines = Lines(sms={LineName.TWILIO: made})
    panel_shop.fill(runtime)
    caller = _caller(runtime)
    for minute in (5, 7):
        now = panel_shop.MORNING.replace(minute=minute)
        held = next_call(runtime, caller, now)
        assert isinstance(held, HandOut)
        dial(runtime, held.attempt_id, now, caller)
        record_outcome(runtime, held.attempt_id, OutcomeForm("no_answer"), now, caller)
    return made


def _caller(runtime: Runtime) -> Person:
    with runtime.snapshot() as connection:
        rows = people.everybody(connection)
    return next(row.person for row in rows if row.person.role is Role.CALLER)


@pytest.fixture
def leader(line: InMemorySms, signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.LEADER)


@pytest.fixture
def supervisor(line: InMemorySms, signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.SUPERVISOR)


def drafted(leader: Visitor) -> str:
    leader.get(f"{PAGE}/new")
    answer = leader.post(f"{PAGE}/new", {"kind": "dunning"})
    assert answer.status_code == 303
    return str(answer.location)


def sent(runtime: Runtime) -> None:
    send_due(runtime, pace=ToldPace(runtime.now()), start=runtime.now())


def test_r_msg_2_first_looked_at_then_kept(leader: Visitor) -> None:
    assert "还没有群发过" in leader.get(PAGE).text
    page = leader.get(f"{PAGE}/new?kind=dunning").text
    assert "【样例店】" in page
    assert "拒收请回复R" in page
    assert "<b>2</b><span>位客户</span>" in page
    assert "还没有群发过" in leader.get(PAGE).text
    assert "<b>4</b>" in leader.get(f"{PAGE}/new?kind=dunning&uncalled=1").text
    at = drafted(leader)
    page = leader.get(at).text
    assert page.count("Twilio") == page.count("Twilio（训练线路）") == 1
    assert '<span class="soft">催款；' in page  # not 催款，催款
    assert "等别的主管批准" in page
    assert ">批准</button>" not in page
    assert "第 1 次" in leader.get(PAGE).text


def test_r_msg_2_approved_sent_paused_and_stopped(
    leader: Visitor, supervisor: Visitor, runtime: Runtime
) -> None:
    at = drafted(leader)
    leader.get(at)
    refused = leader.post(f"{at}/approve")
    assert refused.status_code >= 400
    assert "R-MSG-2" in refused.text
    assert "批准</button>" in supervisor.get(at).text
    assert supervisor.post(f"{at}/approve").status_code == 303
    assert "开始发送" in supervisor.get(at).text
    supervisor.post(f"{at}/send")
    assert 'hx-trigger="every 3s"' in supervisor.get(at).text
    supervisor.post(f"{at}/pause", {"reason": "维护"})
    assert "维护" in supervisor.get(at).text
    sent(runtime)
    supervisor.post(f"{at}/resume")
    sent(runtime)
    moving = supervisor.get(f"{at}/now").text
    assert "<b>2</b><span>已发出，等回执</span>" in moving
    assert "hx-trigger" not in moving
    assert "184****" in moving
    assert "已发完" in moving


def test_r_msg_2_what_is_not_known_is_settled_by_a_person(
    leader: Visitor, supervisor: Visitor, runtime: Runtime, line: InMemorySms
) -> None:
    at = drafted(leader)
    supervisor.get(at)
    supervisor.post(f"{at}/approve")
    supervisor.post(f"{at}/send")
    line.answer_next(Unknown("超时"))
    sent(runtime)
    page = supervisor.get(at).text
    assert "查到没有发" in page
    sms_id = page.partition("/texts/1/texts/")[2].partition('"')[0]
    supervisor.post(f"{at}/texts/{sms_id}", {"was_sent": "0"})
    page = supervisor.get(at).text
    assert "没发成：查到没有发出" in page
    assert ">not_sent</code>" in page
    with runtime.transaction() as connection:  # as a receipt leaves it: a code, and no words
        failed = update(sms).where(sms.c.state == "failed")
        connection.execute(failed.values(error_code="30003", reason=None))
    assert "手机关机、停机或没有信号" in supervisor.get(at).text
    assert "手机关机、停机或没有信号" in supervisor.get("/desk/lines").text


@pytest.mark.parametrize(("answer", "state"), [("1", "sent"), ("0", "failed")])
def test_r_msg_2_every_text_that_is_not_known_is_listed_before_the_mass_messages(
    leader: Visitor,
    supervisor: Visitor,
    runtime: Runtime,
    line: InMemorySms,
    answer: str,
    state: str,
) -> None:
    at = drafted(leader)
    supervisor.get(at)
    supervisor.post(f"{at}/approve")
    supervisor.post(f"{at}/send")
    assert "没有确认的短信" not in leader.get(PAGE).text
    line.answer_next(Unknown("超时"))
    sent(runtime)
    with runtime.transaction() as connection:  # as a single one, that has no page of its own
        unknown = connection.execute(
            update(sms).where(sms.c.state == "unknown").values(blast_id=None).returning(sms.c.id)
        ).scalar_one()
    page = leader.get(PAGE).text
    assert "没有确认的短信" in page
    assert f"{PAGE}/unknown/{unknown}" in page
    assert page.count("Twilio") == page.count("Twilio（训练线路）") == 1
    leader.client.set_cookie("waihu-language", "en")
    assert "Unconfirmed texts" in leader.get(PAGE).text
    leader.client.set_cookie("waihu-language", "zh")
    assert leader.post(f"{PAGE}/unknown/{unknown}", {"was_sent": answer}).status_code == 303
    assert "没有确认的短信" not in leader.get(PAGE).text
    with runtime.snapshot() as connection:
        left = connection.execute(select(sms.c.state).where(sms.c.id == unknown)).scalar_one()
    assert left == state


def test_r_msg_2_stopped_before_anything_went(leader: Visitor, supervisor: Visitor) -> None:
    at = drafted(leader)
    supervisor.get(at)
    supervisor.post(f"{at}/approve")
    supervisor.post(f"{at}/stop")
    page = supervisor.get(at).text
    assert "已停止" in page
    assert "已撤回" in page


def test_r_dnc_2_replies_by_hand_and_from_a_list(leader: Visitor, runtime: Runtime) -> None:
    empty = leader.get(f"{PAGE}/replies").text
    assert "还没有回复" in empty
    assert all(f">{word}</span>" in empty for word in OPT_OUT_WORDS)
    answer = leader.post(f"{PAGE}/replies", {"phone": "10086", "text": "R"})
    assert answer.status_code == 400
    assert 'value="10086"' in answer.text
    leader.post(f"{PAGE}/replies", {"phone": "18412345671", "text": "Ｔ"})
    page = leader.get(f"{PAGE}/replies").text
    assert "184****5671" in page
    assert "退订" in page
    file = (io.BytesIO("手机号码,内容\n18412345672,R\n1,R\n".encode()), "r.csv")
    page = leader.post(f"{PAGE}/replies/import", {"file": file}).text
    assert "共 2 行：新 1" in page
    assert "第 3 行没有收下" in page
    assert leader.post(f"{PAGE}/replies/import", {}).status_code == 400
    with runtime.snapshot() as connection:
        assert len(connection.execute(select(suppression)).all()) == 2


def test_r_msg_2_a_campaign_of_another_kind_is_refused_on_the_form(
    leader: Visitor, runtime: Runtime
) -> None:
    with runtime.snapshot() as connection:
        listed = {row.kind: row.id for row in campaigns.listed(connection)}
    page = leader.get(f"{PAGE}/new").text
    assert '<optgroup label="催款">' in page
    assert '<optgroup label="回访抽查">' not in page
    other = listed["callback"]
    for answer in (
        leader.get(f"{PAGE}/new?kind=dunning&campaign={other}&uncalled=1"),
        leader.post(f"{PAGE}/new", {"kind": "dunning", "campaign": other, "uncalled": "1"}),
    ):
        assert answer.status_code == 400
        assert "这个活动的业务是回访，选的业务是催款" in answer.text
        assert f'value="{other}" selected' in answer.text
        assert 'value="1" checked' in answer.text
    assert "没有这个活动" in leader.get(f"{PAGE}/new?kind=dunning&campaign=99").text


def test_r_msg_2_the_buttons_follow_the_state(
    leader: Visitor, supervisor: Visitor, runtime: Runtime
) -> None:
    at = drafted(leader)
    supervisor.get(at)
    supervisor.post(f"{at}/approve")
    supervisor.post(f"{at}/send")
    assert "blast-actions" not in supervisor.get(f"{at}/now?seen=sending").text
    sent(runtime)
    moving = supervisor.get(f"{at}/now?seen=sending").text
    assert 'id="blast-actions" hx-swap-oob="true"' in moving
    assert "停止</button>" not in moving
    for press in ("stop", "pause", "resume", "approve"):
        answer = supervisor.post(f"{at}/{press}")
        assert answer.status_code == 409
        assert "这次群发已发完，不能这样做" in answer.text
        assert 'id="progress"' in answer.text  # on the page itself


def test_r_msg_2_what_cannot_be_undone_is_asked_first(
    leader: Visitor, supervisor: Visitor, runtime: Runtime, line: InMemorySms
) -> None:
    at = drafted(leader)
    assert "data-question" in supervisor.get(at).text.partition("/approve")[2].partition(">")[0]
    supervisor.post(f"{at}/approve")
    page = supervisor.get(at).text
    for press in ("/send", "/stop"):
        assert "data-question" in page.partition(f"{at}{press}")[2].partition(">")[0]
    supervisor.post(f"{at}/send")
    line.answer_next(Unknown("超时"))
    sent(runtime)
    texts = supervisor.get(at).text.split("/texts/1/texts/")[1:]
    assert len(texts) == 2
    assert all("data-question" in one.partition(">")[0] for one in texts)


def test_r_msg_2_a_draft_is_turned_down_with_the_reason(
    leader: Visitor, supervisor: Visitor
) -> None:
    leader.get(f"{PAGE}/new")
    at = str(leader.post(f"{PAGE}/new", {"kind": "dunning", "uncalled": "1"}).location)
    page = supervisor.get(at).text
    assert "待批准" in page
    assert "还没打过电话的客户也发" in page
    assert "不批准</button>" in page
    assert "1 次群发等批准" in supervisor.get("/panel").text
    supervisor.post(f"{at}/stop", {"reason": "改成周三再发"})
    assert "改成周三再发" in leader.get(at).text
    assert "改成周三再发" in leader.get(PAGE).text
    assert "次群发等批准" not in supervisor.get("/panel").text


def test_r_msg_2_every_text_can_be_read_before_and_after(
    leader: Visitor, supervisor: Visitor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.texting.routes.SHOWN", 3)
    first = leader.get(f"{PAGE}/new?kind=dunning&uncalled=1").text
    second = leader.get(f"{PAGE}/new?kind=dunning&uncalled=1&page=2").text
    beyond = leader.get(f"{PAGE}/new?kind=dunning&uncalled=1&page=7").text
    assert "第 1 页，共 2 页" in first
    assert (first.count("【样例店】"), second.count("【样例店】")) == (3, 1)
    assert "第 2 页，共 2 页" in beyond
    assert beyond.count("【样例店】") == 1
    assert "填入" not in first
    at = drafted(leader)
    supervisor.get(at)
    supervisor.post(f"{at}/approve")
    page = supervisor.get(at).text
    assert page.count("【样例店】") == 2
    assert page.count('href="/desk/customers/') >= 2
    assert "待发 2" in leader.get(PAGE).text
    for path in (at, f"{at}/now"):  # nothing lies beyond the last page, however far
        assert supervisor.get(f"{path}?page={'9' * 30}").text.count("【样例店】") == 2


@pytest.mark.parametrize("path", [f"{PAGE}/9", f"{PAGE}/9/now", f"{PAGE}/new?kind=fax"])
def test_what_is_not_there_is_said_so(leader: Visitor, path: str) -> None:
    assert leader.get(path).status_code in (400, 404)


def test_in_english_the_pages_are_english(leader: Visitor) -> None:
    at = drafted(leader)
    for path in (PAGE, f"{PAGE}/new?kind=dunning", at, f"{PAGE}/replies"):
        page = leader.get(path, headers={"Cookie": "waihu-language=en"})
        assert page.status_code == 200

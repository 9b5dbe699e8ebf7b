"""Rows of a lived day on a line that somebody changed afterwards, each with what is then found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, update

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.customers import customer_phone, order_sighting, suppression
from adapters.store.models.lines import line_call, line_event, line_step, recording
from adapters.store.models.sampling import score
from tests.factories import at
from tests.scheduler.verify.planted import Change, change, first

PLANTED: dict[str, tuple[str, str, Change]] = {}
"""By name: the rule that is found broken, words of the finding, and the change."""

SECOND = timedelta(seconds=1)


def planted(rule: str, words: str) -> Any:
    def keep(plant: Change) -> Change:
        PLANTED[plant.__name__] = (rule, words, plant)
        return plant

    return keep


def call(connection: Connection, state: str = "ended", **of: Any) -> Row[Any]:
    """The first call that ended so."""
    wanted = [line_call.c[name] == value for name, value in of.items()]
    by = line_call.c.submitted_at
    return first(connection, line_call, line_call.c.state == state, *wanted, by=by)


def steps(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    of = line_step.select().where(line_step.c.subject == f"call:{row.id}")
    return list(connection.execute(of.order_by(line_step.c.number)))


def attempt_of(connection: Connection, row: Row[Any]) -> Row[Any]:
    return first(connection, attempt, attempt.c.id == row.attempt_id)


def again(connection: Connection, row: Row[Any], **values: Any) -> None:
    """The same call once more, with a name and token of its own, and its steps."""
    kept = {c.name: getattr(row, c.name) for c in line_call.c}
    new = {"id": f"{row.attempt_id}.9", "token_hash": "another", "provider_id": "another"}
    connection.execute(insert(line_call).values(**kept | new | values))
    for step in steps(connection, row):
        moved = {c.name: getattr(step, c.name) for c in line_step.c if c.name != "id"}
        subject = f"call:{(new | values)['id']}"
        connection.execute(insert(line_step).values(**moved | {"subject": subject}))


# --- the steps -----------------------------------------------------------------------------------


@planted("R-AUD-1", "没有记下任何步骤")
def no_steps(connection: Connection) -> None:
    of = line_step.c.subject == f"call:{call(connection).id}"
    connection.execute(delete(line_step).where(of))


@planted("R-AUD-1", "没有先记下意图")
def no_intent(connection: Connection) -> None:
    change(connection, line_step, steps(connection, call(connection))[0], state="placed")


@planted("R-AUD-1", "没有先记下意图")
def intent_after_the_request(connection: Connection) -> None:
    step = steps(connection, call(connection))[0]
    change(connection, line_step, step, at=step.at + SECOND)


@planted("R-AUD-1", "步骤编号不连续")
def a_step_is_missing(connection: Connection) -> None:
    step = steps(connection, call(connection))[1]
    connection.execute(delete(line_step).where(line_step.c.id == step.id))


@planted("R-AUD-1", "不能从 ended 变为 placed")
def back_from_an_end(connection: Connection) -> None:
    row = call(connection)
    last = steps(connection, row)[-1]
    values = {"subject": last.subject, "number": last.number + 1, "cause": "again"}
    connection.execute(insert(line_step).values(state="placed", at=last.at, **values))
    connection.execute(
        insert(line_step).values(state="ended", at=last.at, **values | {"number": last.number + 2})
    )


@planted("R-AUD-1", "步早于前一步")
def a_step_before_the_one_before(connection: Connection) -> None:
    step = steps(connection, call(connection))[1]
    change(connection, line_step, step, at=step.at - timedelta(hours=1))


@planted("R-AUD-1", "最后一步却是 ended")
def another_state_than_the_last_step(connection: Connection) -> None:
    change(connection, line_call, call(connection), state="unconfirmed")


@planted("R-AUD-1", "结束的时间与最后一步不符")
def settled_at_another_time(connection: Connection) -> None:
    row = call(connection)
    change(connection, line_call, row, settled_at=row.settled_at + SECOND)


@planted("R-AUD-1", "没有先记为拨打就请求了线路")
def no_dialling_in_the_trail(connection: Connection) -> None:
    of = audit.c.subject == f"attempt:{call(connection).attempt_id}"
    connection.execute(delete(audit).where(of, audit.c.what == "attempt.dialled"))


# --- one ring, and what counts -------------------------------------------------------------------


@planted("R-REPEAT-2", "响了客户的电话不止一次")
def the_customer_rang_twice(connection: Connection) -> None:
    row = call(connection, cause="talked")
    later = {"submitted_at": row.settled_at, "settled_at": row.settled_at + SECOND}
    again(connection, row, **later)


@planted("R-REPEAT-2", "前一次请求可能已响铃")
def asked_again_after_it_may_have_rung(connection: Connection) -> None:
    row = call(connection, "unconfirmed")
    later = {"submitted_at": row.settled_at, "settled_at": row.settled_at + SECOND}
    again(connection, row, **later)


@planted("R-REPEAT-2", "又有")
def two_calls_at_once(connection: Connection) -> None:
    row, other = call(connection), call(connection, "unconfirmed")
    overlapping = {"submitted_at": row.submitted_at + SECOND, "settled_at": row.settled_at}
    change(connection, line_call, other, phone_key=row.phone_key, **overlapping)
    # The steps were written in between as well, so no moved clock explains it.
    last, begins = steps(connection, row)[-1], steps(connection, other)[0]
    change(connection, line_step, begins, subject="elsewhere")
    change(connection, line_step, last, subject=begins.subject, number=begins.number)
    change(connection, line_step, begins, subject=last.subject, number=last.number)


@planted("R-AUD-1", "客户的电话却响过")
def stopped_although_it_rang(connection: Connection) -> None:
    change(connection, line_call, call(connection, cause="talked"), state="stopped")


@planted("R-REPEAT-3", "它的线路通话却可能响过")
def taken_back_although_it_may_have_rung(connection: Connection) -> None:
    a = attempt_of(connection, call(connection, "unconfirmed"))
    undone = {"outcome": None, "outcome_at": None, "dialled_at": None}
    change(connection, attempt, a, state="withdrawn", **undone)


@planted("R-AUD-1", "线路却没有可能响铃的通话")
def counted_although_nobody_was_rung(connection: Connection) -> None:
    a = attempt_of(connection, call(connection, cause="no_answer"))
    last = first(
        connection, line_call, line_call.c.attempt_id == a.id, line_call.c.state == "ended"
    )
    empty = dict.fromkeys(("customer_leg_id", "rang_machine", "gate_at"))
    change(connection, line_call, last, state="stopped", **empty)


@planted("R-AUD-1", "由线路 twilio 拨打")
def dialled_without_a_call(connection: Connection) -> None:
    by_hand = first(connection, attempt, attempt.c.line == "manual")
    change(connection, attempt, by_hand, line="twilio")


@planted("R-REPEAT-2", "既由线路拨打，又用手机拨打")
def by_line_and_by_hand(connection: Connection) -> None:
    change(connection, attempt, attempt_of(connection, call(connection)), line="manual")


@planted("R-AUD-1", "线路却没有一次没有响铃的通话")
def taken_back_without_a_reason(connection: Connection) -> None:
    row = call(connection)
    told = {"who": "engine", "what": "attempt.not_dialled", "at": row.settled_at}
    connection.execute(insert(audit).values(subject=f"attempt:{row.attempt_id}", **told))


@planted("R-AUD-1", "它的尝试却没有撤销")
def not_taken_back(connection: Connection) -> None:
    of = audit.c.subject == f"attempt:{call(connection, 'not_sent').attempt_id}"
    connection.execute(delete(audit).where(of, audit.c.what == "attempt.not_dialled"))


# --- the last gate -------------------------------------------------------------------------------


@planted("R-HOURS-3", "没有经过最后一次检查")
def rung_without_a_gate(connection: Connection) -> None:
    change(connection, line_call, call(connection), gate_at=None)


@planted("R-HOURS-3", "不在可拨打时间内")
def let_through_at_noon(connection: Connection) -> None:
    change(connection, line_call, call(connection), gate_at=at("05-13 12:00"))


@planted("R-HOURS-1", "不在可拨打时间内")
def let_through_at_lunch(connection: Connection) -> None:
    change(connection, line_call, call(connection), gate_at=at("05-13 12:30"))


@planted("R-DUN-3", "已过任务截止")
def let_through_after_the_closing(connection: Connection) -> None:
    change(connection, line_call, call(connection), gate_at=at("05-16 10:00"))


@planted("R-DUN-4", "放行时已没有待付款的订单")
def let_through_after_the_payment(connection: Connection) -> None:
    paid = first(connection, order_sighting, order_sighting.c.state == "paid")
    task_id = first(connection, attempt, attempt.c.end_reason == "R-DUN-4").task_id
    of = attempt.select().where(attempt.c.task_id == task_id)
    row = connection.execute(of).one()
    stopped = first(connection, line_call, line_call.c.attempt_id == row.id)
    change(connection, line_call, stopped, gate_at=paid.known_at + SECOND)


@planted("R-DNC-2", "之后仍被放行")
def let_through_after_the_opt_out(connection: Connection) -> None:
    row = call(connection)
    listed(connection, row.phone_key, row.gate_at - SECOND / 10)


@planted("R-DNC-2", "之后仍被放行")
def let_through_after_the_opt_out_on_another_number(connection: Connection) -> None:
    row = call(connection)
    a = attempt_of(connection, row)
    dialled = first(connection, customer_phone, customer_phone.c.id == a.phone_id)
    kept = {c.name: getattr(dialled, c.name) for c in customer_phone.c if c.name != "id"}
    connection.execute(insert(customer_phone).values(**kept | {"phone_key": "another"}))
    listed(connection, "another", row.gate_at - SECOND / 10)


def listed(connection: Connection, phone_key: str, since: datetime) -> None:
    values = {"scope": "phone", "phone_key": phone_key, "rule": "R-DNC-2", "source": "panel"}
    told = {"reason": "短信回复 T", "created_by": "李组长", "since": since}
    connection.execute(insert(suppression).values(**values, **told))


# --- what is never known -------------------------------------------------------------------------


@planted("R-REPEAT-3", "只查了 2 次")
def given_up_after_two_answers(connection: Connection) -> None:
    change(connection, line_call, call(connection, "unconfirmed"), checks=2)


@planted("R-REPEAT-3", "却没有查满 15 分钟")
def given_up_too_soon(connection: Connection) -> None:
    row = call(connection, "unconfirmed")
    soon = row.submitted_machine + timedelta(seconds=45)
    change(connection, line_call, row, next_check_machine=soon)


@planted("R-REPEAT-3", "它的尝试却没有结果")
def given_up_and_left_open(connection: Connection) -> None:
    a = attempt_of(connection, call(connection, "unconfirmed"))
    empty = dict.fromkeys(("outcome", "outcome_at", "ended_at"))
    change(connection, attempt, a, state="dialled", **empty)


@planted("R-REPEAT-3", "却没有这样的线路通话")
def unconfirmed_without_such_a_call(connection: Connection) -> None:
    change(
        connection, attempt, attempt_of(connection, call(connection)), outcome="line_unconfirmed"
    )


# --- what was told -------------------------------------------------------------------------------


def told(connection: Connection, what: str) -> Row[Any]:
    return first(connection, line_event, line_event.c.what == what, by=line_event.c.id)


@planted("R-AUD-1", "处理时间与结论不一致")
def an_event_without_a_verdict(connection: Connection) -> None:
    change(connection, line_event, told(connection, "ringing"), verdict=None)


@planted("R-AUD-1", "的结论 lost 不存在")
def an_event_with_another_verdict(connection: Connection) -> None:
    change(connection, line_event, told(connection, "ringing"), verdict="lost")


@planted("R-AUD-1", "已另行保存，却又归入通话")
def a_foreign_event_of_a_call(connection: Connection) -> None:
    change(connection, line_event, told(connection, "ringing"), verdict="foreign")


@planted("R-AUD-1", "却没有另行保存")
def an_event_of_nobody(connection: Connection) -> None:
    change(connection, line_event, told(connection, "ringing"), line_call_id=None)


@planted("R-AUD-1", "记下的与线路所说的不符")
def rang_at_another_time(connection: Connection) -> None:
    row = call(connection)
    change(connection, line_call, row, rang_machine=row.rang_machine + SECOND)


@planted("R-REPEAT-2", "响了客户的电话 2 次")
def two_legs_of_one_call(connection: Connection) -> None:
    row = told(connection, "ringing")
    kept = {c.name: getattr(row, c.name) for c in line_event.c if c.name != "id"}
    said = row.said.replace(row.provider_id, "another leg")
    connection.execute(insert(line_event).values(**kept | {"key": "another", "said": said}))


@planted("R-SMP-12", "不属于任何要录音的线路通话")
def a_recording_of_nobody(connection: Connection) -> None:
    of = recording.select()
    row = connection.execute(of).first()
    assert row is not None
    of_attempt = line_call.c.attempt_id == row.attempt_id
    connection.execute(update(line_call).where(of_attempt).values(is_recorded=False))


@planted("R-SMP-4", "这次通话却没有按 4")
def another_key_than_was_pressed(connection: Connection) -> None:
    change(connection, score, first(connection, score, score.c.origin == "keypad"), value=4)

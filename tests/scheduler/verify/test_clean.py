"""A history that keeps every rule, with all that the rules allow in it, prints zero (R-AUD-2)."""

from __future__ import annotations

from datetime import timedelta

from adapters.store.models.customers import customer_phone
from tests.databases import postgres_only
from tests.scheduler.verify.conftest import one_task
from tests.scheduler.verify.story import OTHER_CALLER, Story, at


def a_clean_week(story: Story) -> None:
    """Failures, a promise, a callback, a new number, a cut line, an angry end, a skip."""
    paying = one_task(story, "paying")
    story.call(paying.task, "05-12 09:30", "no_answer")
    story.call(paying.task, "05-12 14:00", "line_busy")
    story.todo(paying.task, "wangwang", "05-12 14:02", done="05-12 15:00")
    story.call(paying.task, "05-13 18:00", "will_pay")
    story.seen(paying.order, "05-14 08:31", "paid", paid="05-13 21:00")
    story.end(paying.task, "05-14 08:31", "paid")

    called_back = one_task(story, "called-back")
    story.call(called_back.task, "05-12 10:00", "busy", callback_at=at("05-12 11:00"))
    story.call(called_back.task, "05-12 11:05", "not_needed", exemption="promised")
    story.todo(called_back.task, "close_trade", "05-12 11:07", done="05-12 21:00")
    story.end(called_back.task, "05-12 11:07", "closed_by_us")

    elsewhere = one_task(story, "elsewhere")
    given = story.phone(elsewhere.customer, "key-given")
    story.call(elsewhere.task, "05-12 10:10", "gave_number", given_phone_id=given)
    story.call(
        elsewhere.task, "05-12 10:15", "hung_up_angry", phone_id=given, exemption="new_number"
    )
    story.listed("05-12 10:17", "R-DNC-1", customer_id=elsewhere.customer, kind="dunning")
    story.end(elsewhere.task, "05-12 10:17", "angry")

    cut = one_task(story, "cut-off")
    first = story.call(cut.task, "05-12 10:30", "cut_off")
    story.call(cut.task, "05-12 10:41", "opt_out", exemption="cut_off", redial_of=first)
    story.listed("05-12 10:43", customer_id=cut.customer)
    story.end(cut.task, "05-12 10:43", "opted_out")

    wrong = one_task(story, "wrong-number")
    story.change(customer_phone, wrong.phone, wrong_since=at("05-12 10:52"))
    second = story.phone(wrong.customer, "key-second")
    story.call(wrong.task, "05-12 10:50", "wrong_number")
    story.call(wrong.task, "05-12 10:55", "other", phone_id=second, note="明天再说")

    skipped = one_task(story, "skipped")
    story.hand_out(
        skipped.task,
        "05-12 15:10",
        state="skipped",
        ended_at=at("05-12 15:12"),
        end_reason="客户正在直播间",
    )
    story.hand_out(skipped.task, "05-12 15:45", state="expired", ended_at=at("05-12 16:00"))
    story.call(skipped.task, "05-12 16:00", "no_answer", caller_id=OTHER_CALLER)

    far = one_task(story, "far", region="新疆")
    story.call(far.task, "05-12 11:00", "rejected")
    story.seal()


def test_r_aud_2_a_clean_history_prints_zero(story_on_both: Story) -> None:
    a_clean_week(story_on_both)
    report = story_on_both.report()
    assert report.violations == ()
    assert report.warnings == ()
    assert report.checked["attempts"] == 13
    assert report.checked["hand_outs"] == 15
    assert report.checked["customers"] == 7
    assert report.checked["tasks"] == 7


def test_r_aud_2_a_clean_history_is_clean_at_every_instant(story: Story) -> None:
    a_clean_week(story)
    moment = at("05-12 08:00")
    while moment < at("05-14 09:00"):
        report = story.report_at(moment)
        assert report.violations == (), moment
        moment += timedelta(minutes=17)


def test_r_aud_2_an_earlier_instant_knows_nothing_of_later_breaches(story: Story) -> None:
    a_clean_week(story)
    late = one_task(story, "late")
    story.call(late.task, "05-13 20:30", "no_answer")
    assert story.broken(as_of="05-13 20:00") == set()
    assert "R-HOURS-1" in story.broken(as_of="05-13 20:30")


@postgres_only
def test_r_aud_2_breaches_are_found_on_postgresql_too(story_on_both: Story) -> None:
    a_clean_week(story_on_both)
    late = one_task(story_on_both, "late", key="key-1")
    story_on_both.call(late.task, "05-13 18:30", "no_answer")
    story_on_both.listed("05-13 18:00", phone_key="key-1")
    assert story_on_both.broken() == {"R-REPEAT-3", "R-DNC-2"}

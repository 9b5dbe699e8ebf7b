"""Words for the codes of texts that failed."""

from __future__ import annotations

import pytest

from campaigns.text_codes import OTHER_REASON, words_of_code


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("30003", "手机关机、停机或没有信号"),
        ("30006", "固定电话，收不了短信"),
        ("not_sent", "查到没有发出"),
        ("MOBILE_NOT_ON_SERVICE", "号码停机或不存在"),
        ("MK:0012", "空号、停机、关机或没有信号"),
        ("63999", OTHER_REASON),
        ("", OTHER_REASON),
    ],
)
def test_r_msg_2_a_code_is_said_in_words(code: str, words: str) -> None:
    assert words_of_code(code) == words


def test_r_msg_2_a_kept_reason_speaks_only_for_a_code_that_is_not_known() -> None:
    assert words_of_code("isv.PARAM_LENGTH_LIMIT", "模板变量的内容太长") == "模板变量的内容太长"
    assert words_of_code("30003", "线路服务商没有按时回答") == "手机关机、停机或没有信号"

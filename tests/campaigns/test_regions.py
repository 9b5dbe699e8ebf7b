from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.regions import PROVINCES, province_of_address, province_of_phone
from campaigns.values import PhoneNumber


@pytest.mark.parametrize(
    ("address", "province"),
    [
        ("浙江省 杭州市 西湖区 样例路1号(310000)", "浙江"),
        ("浙江杭州西湖区", "浙江"),
        ("上海 上海市 闵行区 样例路1号", "上海"),
        ("北京市朝阳区", "北京"),
        ("内蒙古自治区 呼和浩特市", "内蒙古"),
        ("新疆维吾尔自治区 乌鲁木齐市", "新疆"),
        ("广西壮族自治区南宁市", "广西"),
        ("宁夏回族自治区 银川市", "宁夏"),
        ("西藏自治区 拉萨市", "西藏"),
        ("黑龙江省哈尔滨市", "黑龙江"),
        ("吉林省 吉林市", "吉林"),
        ("青海省 海南藏族自治州", "青海"),
        ("海南省 海口市", "海南"),
        ("重庆 重庆市 渝中区", "重庆"),
        ("台湾省 台北市", "台湾"),
        ("香港特别行政区 九龙", "香港"),
        ("澳门特别行政区", "澳门"),
        (" 中国 浙江省", "浙江"),
        ("北京市海淀区南京路1号", "北京"),
        ("浙江省 杭州市 ****", "浙江"),
        ("北京西路12号", None),
        ("西藏中路3号", None),
        ("广东路", None),
        ("山西大街2号", None),
        ("海南藏族自治州共和县", None),
        ("杭州市西湖区", None),
        ("", None),
        ("****", None),
    ],
)
def test_r_hours_4_province_of_address(address, province):
    assert province_of_address(address) == province


@pytest.mark.parametrize("province", PROVINCES)
def test_r_hours_4_every_province_is_found_by_its_short_name(province):
    assert province_of_address(f"{province}某某市") == province


@pytest.mark.parametrize(
    ("e164", "province"),
    [
        ("+8613800138000", "北京"),
        ("+8657187654321", "浙江"),
        ("+8675586543210", "广东"),
        ("+861065529988", "北京"),
        ("+8677187654321", "广西"),
        ("+8617300000000", None),
        ("+8619912345678", None),
        ("+85291234567", "香港"),
        ("+85366123456", "澳门"),
        ("+886912345678", "台湾"),
        ("+12125551234", None),
    ],
)
def test_r_hours_4_province_of_phone(e164, province):
    assert province_of_phone(PhoneNumber(e164)) == province


@given(st.text(max_size=30))
def test_r_hours_4_any_text_has_an_answer(text):
    assert province_of_address(text) in {*PROVINCES, None}

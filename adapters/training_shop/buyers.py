"""Invented buyers: a user ID, a receiver, an address, and the phone cells that exports show."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who does not exist. The two phone cells are text as an export has it.

    `relays`: the marketplace shows a relay number, a new one with every order.
    """

    user_id: str
    receiver: str
    address: str
    mobile: str
    phone: str
    relays: bool


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Province, city, districts and how many of a hundred-odd orders go there.
_PLACES: tuple[tuple[int, str, str], ...] = (
    (13, "广东省 广州市", "天河区|海珠区|番禺区"),
    (6, "广东省 深圳市", "南山区|龙岗区"),
    (11, "江苏省 苏州市", "姑苏区|吴中区|昆山市"),
    (11, "浙江省 杭州市", "西湖区|余杭区|萧山区"),
    (7, "上海 上海市", "闵行区|徐汇区|浦东新区"),
    (6, "北京 北京市", "海淀区|朝阳区"),
    (7, "山东省 青岛市", "市南区|崂山区"),
    (6, "四川省 成都市", "武侯区|锦江区"),
    (6, "河南省 郑州市", "金水区|二七区"),
    (5, "湖北省 武汉市", "武昌区|洪山区"),
    (4, "福建省 厦门市", "思明区|集美区"),
    (4, "湖南省 长沙市", "岳麓区|开福区"),
    (4, "安徽省 合肥市", "蜀山区|包河区"),
    (3, "河北省 石家庄市", "长安区|其它区"),
    (3, "辽宁省 沈阳市", "和平区|皇姑区"),
    (3, "陕西省 西安市", "雁塔区|碑林区"),
    (3, "重庆 重庆市", "渝中区|江北区"),
    (2, "黑龙江省 哈尔滨市", "南岗区|道里区"),
    (2, "云南省 昆明市", "五华区|盘龙区"),
    (2, "广西壮族自治区 南宁市", "青秀区|兴宁区"),
    (2, "天津 天津市", "和平区|南开区"),
    (1, "内蒙古自治区 呼和浩特市", "赛罕区|新城区"),
    (3, "新疆维吾尔自治区 乌鲁木齐市", "天山区|沙依巴克区"),
    (1, "西藏自治区 拉萨市", "城关区|堆龙德庆区"),
)
_STREETS = _listed("杏花路 长乐街 云溪路 望湖巷 松涛路 荷风街 青石巷 晓月路 南园街 稻香路")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
_GIVEN = "安宁若晴知夏书言子墨云舒一诺青禾星野南乔北辰清和望舒景行嘉树微澜雨桐思齐"
_SYLLABLES = _listed(
    "an bei chu duo fei guo hai jin kai lan mei nuo ou pei qing rui shan tao wen xi yan zhi"
)
_WORDS = _listed("晚风 橘子 小熊 月亮 拾光 柠檬 山野 鲸鱼 奶茶 松果 星河 半夏 麦田 云朵 豆豆 青柠")
_TAILS = _listed("不加糖 在路上 的窝 来了 爱喝汤 小铺 先生 同学 妈妈 小姐 and猫 呀 2号 本人")
_MOBILE_STARTS = (
    *("130", "131", "132", "135", "136", "137", "138", "139", "150", "151", "152", "155"),
    *("157", "158", "159", "176", "177", "178", "180", "181", "182", "185", "186", "187", "188"),
    *("189", "191", "199"),
)
_AREA_CODES = ("0571", "0512", "0532", "021", "010", "020", "028")


def draw_buyer(draw: Random) -> Buyer:
    """One more buyer: 15 of 100 behind relay numbers, 5 with masked ones, 4 with a landline."""
    roll = draw.random()
    mobile, phone, relays = f"'{draw_mobile(draw)}", "", False
    if roll < 0.15:
        mobile, relays = "", True
    elif roll < 0.20:
        mobile = f"'{mobile[1:4]}****{mobile[-4:]}"
    elif roll < 0.24:
        mobile, phone = "", f"'{_landline(draw)}"
    elif roll < 0.29:
        phone = f"'{_landline(draw)}"
    elif roll < 0.30:
        mobile = ""
    return Buyer(_user_id(draw), _name(draw), _address(draw), mobile, phone, relays)


def draw_mobile(draw: Random) -> str:
    """Eleven digits in the pattern of a mobile; whose they are nobody asks, nothing dials them."""
    return draw.choice(_MOBILE_STARTS) + f"{draw.randrange(10**8):08d}"


def draw_relay(draw: Random) -> str:
    """R-PHONE-2. A relay number with its extension, as an export writes it."""
    return f"'{draw.choice(('184', '172'))}{draw.randrange(10**8):08d}-{draw.randrange(10**4):04d}"


def _landline(draw: Random) -> str:
    area = draw.choice(_AREA_CODES)
    return f"{area}-8{draw.randrange(10**7):07d}"


def _user_id(draw: Random) -> str:
    roll = draw.random()
    if roll < 0.015:
        return f"{draw.choice('tbxyhq')}**{draw.randrange(10)}"
    if roll < 0.35:
        tail = draw.choice(_TAILS)
        number = draw.randrange(1000) if draw.random() < 0.6 else ""
        return f"{draw.choice(_WORDS)}{tail}{number}"
    if roll < 0.5:
        return f"tb{draw.randrange(10**7, 10**9)}"
    syllables = "".join(draw.choices(_SYLLABLES, k=draw.choice((2, 2, 3))))
    return f"{syllables}{draw.choice(('', '_'))}{draw.randrange(10_000)}"


def _name(draw: Random) -> str:
    return draw.choice(_SURNAMES) + "".join(draw.sample(_GIVEN, draw.choice((1, 2, 2))))


def _address(draw: Random) -> str:
    weights = [weight for weight, _, _ in _PLACES]
    _, city, districts = draw.choices(_PLACES, weights)[0]
    street = f"{draw.choice(_STREETS)}{draw.randrange(1, 300)}号"
    house = f"{draw.randrange(1, 30)}幢{draw.randrange(101, 2800)}室"
    return f"{city} {draw.choice(districts.split('|'))} {street}{house}(000000)"

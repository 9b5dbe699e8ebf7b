"""What the invented shop sells: things for a home, none of them of a real brand."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Product:
    """One article in one of its versions. `properties` is written as the marketplace does."""

    code: str
    title: str
    price_fen: int
    properties: str


_ARTICLES: tuple[tuple[str, int, str], ...] = (
    ("亚麻抱枕套 客厅沙发靠垫", 3900, "颜色分类:米白|雾蓝|苔绿"),
    ("水洗棉四件套 裸睡床品", 25900, "适用床尺寸:1.5米床|1.8米床"),
    ("珊瑚绒毛毯 午睡盖毯", 8900, "颜色分类:燕麦|焦糖"),
    ("手工粗陶饭碗 日式餐具", 2690, "规格:单只|四只装"),
    ("胡桃木砧板 切菜板", 12800, "尺寸:小号|中号|大号"),
    ("竹编收纳筐 杂物整理", 4590, "尺寸:小号|中号"),
    ("藤编小夜灯 卧室床头灯", 13900, "光源:暖光|中性光"),
    ("全棉浴巾 吸水速干", 5900, "颜色分类:浅灰|藕粉|藏青"),
    ("实木相框 摆台挂墙", 3290, "尺寸:七寸|十寸"),
    ("遮光窗帘 成品定制", 32900, "尺寸:2.0米|2.8米|3.5米"),
    ("香薰蜡烛 助眠礼盒", 7900, "香味:白茶|雪松|桂花"),
    ("铸铁小炖锅 家用", 21900, "颜色分类:墨绿|奶白"),
    ("地垫 入户门垫 吸尘", 4900, "尺寸:40x60|50x80"),
    ("羊羔绒家居拖鞋 秋冬", 3590, "尺码:36-37|38-39|40-41|42-43"),
    ("玻璃茶壶 耐热煮茶", 9900, "容量:600毫升|900毫升"),
    ("棉麻桌布 餐桌垫", 6590, "尺寸:90x140|140x180"),
    ("记忆棉护颈枕 单只", 15900, "高度:低枕|高枕"),
    ("真丝眼罩 遮光睡眠", 6900, "颜色分类:黑|香槟"),
    ("折叠晾衣架 落地", 17900, "尺寸:1.2米|1.5米"),
    ("桂花乌龙茶 罐装", 5800, "净含量:80克|160克"),
    ("儿童书桌椅 可升降", 89900, "颜色分类:原木|浅蓝"),
    ("羽绒被 加厚冬被", 69900, "尺寸:1.5米|2.0米|2.2米"),
    ("洗衣凝珠 留香", 2990, "规格:30颗|60颗"),
    ("壁挂式置物架 免打孔", 4290, "规格:一层|两层|三层"),
)


def _catalogue() -> tuple[Product, ...]:
    listed = []
    for number, (title, price_fen, versions) in enumerate(_ARTICLES, 1):
        name, _, choices = versions.partition(":")
        for step, choice in enumerate(choices.split("|")):
            code = f"BM{number:03d}-{step + 1}"
            price = price_fen + step * (price_fen // 500) * 100
            listed.append(Product(code, title, price, f"{name}:{choice}"))
    return tuple(listed)


CATALOGUE = _catalogue()

_PIECES = ((1, 78), (2, 16), (3, 5), (6, 1))
_LINES = ((1, 72), (2, 20), (3, 8))


def draw_items(draw: Random) -> tuple[tuple[Product, int], ...]:
    """Draw what goes into one order: one to three articles, with the number of pieces of each."""
    count = _weighted(draw, _LINES)
    articles = draw.sample(CATALOGUE, count)
    return tuple((article, _weighted(draw, _PIECES)) for article in articles)


def _weighted(draw: Random, choices: tuple[tuple[int, int], ...]) -> int:
    values, weights = zip(*choices, strict=True)
    return int(draw.choices(values, weights)[0])

"""Export files of every generation and system as bytes, made from dicts with invented people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

Cells = Mapping[str, str]

_HEAD_2016 = "订单编号 买家会员名 买家支付宝账号"
_MIDDLE_2016 = (
    "买家应付货款 买家应付邮费 买家支付积分 总金额 返点积分 买家实际支付金额 买家实际支付积分 "
    "订单状态 买家留言 收货人姓名 收货地址 运送方式 联系电话 联系手机 订单创建时间 订单付款时间 "
    "宝贝标题 宝贝种类 物流单号 物流公司 订单备注 宝贝总数量 店铺Id 店铺名称 订单关闭原因 "
    "卖家服务费 买家服务费 发票抬头 是否手机订单 分阶段订单信息 特权订金订单id"
)
_CHECKS = "是否上传合同照片 是否上传小票 是否代付"
_TAIL_2016 = "定金排名 修改后的sku 修改后的收货地址 异常信息 天猫卡券抵扣 集分宝抵扣 是否是O2O交易"
_NEW_RETAIL = (
    "新零售交易类型 新零售导购门店名称 新零售导购门店id 新零售发货门店名称 新零售发货门店id"
)
_REFUND = "退款金额 预约门店"
_TAIL_2018 = "确认收货时间 打款商家金额 含应开票给个人的个人红包"
_CREDIT = "是否信用购 体验期结束时间 前N有礼 配送类型"
_TAIL_2022 = (
    "直播返现状态 返现金额 延迟发货自动赔付金额 新零售成交门店昵称 新零售成交门店id "
    "新零售成交经销商id 预售订单 发货时间 商家备忘 主订单编号"
)
_TRAILING_BLANK = ("收货地址", "联系电话", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号")
_RENAMED_2025 = {
    "订单创建时间": "买家下单时间",
    "订单付款时间": "买家付款时间",
    "买家实际支付金额": "买家实付金额",
    "物流单号": "运单号",
}


def _blanked(*groups: str) -> tuple[str, ...]:
    """The six headers that really end in a blank in the older files."""
    names = " ".join(groups).split()
    return tuple(f"{name} " if name in _TRAILING_BLANK else name for name in names)


def _of_2022() -> tuple[str, ...]:
    first = "订单编号 买家会员名 买家会员昵称 支付单号 支付详情"
    middle = _MIDDLE_2016.replace("联系手机", "联系手机 虚拟号过期时间")
    tail = f"{_NEW_RETAIL} {_REFUND} {_TAIL_2018} {_CREDIT} {_TAIL_2022}"
    return _names(f"{first} {middle} {_CHECKS} {_TAIL_2016} {tail}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ORDER_HEADERS: dict[str, tuple[str, ...]] = {
    "2016": _blanked(_HEAD_2016, _MIDDLE_2016, _TAIL_2016),
    "2017": _blanked(_HEAD_2016, _MIDDLE_2016, _CHECKS, _TAIL_2016, _REFUND),
    "2018": _blanked(
        _HEAD_2016, _MIDDLE_2016, _CHECKS, _TAIL_2016, _NEW_RETAIL, _REFUND, _TAIL_2018
    ),
    "2020": _blanked(
        _HEAD_2016, "支付单号 支付详情", _MIDDLE_2016, _CHECKS, _TAIL_2016, _NEW_RETAIL, _REFUND,
        _TAIL_2018, _CREDIT, "主订单编号",
    ),
    "2022": _of_2022(),
    "2025": tuple(_RENAMED_2025.get(name, name) for name in _of_2022()),
    "plain": _names("订单编号 买家会员名 状态 总金额 下单时间 手机号 收货地址 收货人"),
}  # fmt: skip
"""Generation -> headers as they stand there: 41, 46, 54, 61, 71, 71 columns, and a plain table."""

_ITEMS_2022 = (
    "子订单编号 主订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态 "
    "商家编码 支付单号 买家应付货款 买家实际支付金额 退款状态 退款金额 订单创建时间 "
    "订单付款时间 商品ID 商家备注"
)
_RENAMED_ITEMS = {"标题": "商品标题", "价格": "商品价格", "买家实际支付金额": "买家实付金额"}

ITEM_HEADERS: dict[str, tuple[str, ...]] = {
    "2017": _names(
        "订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态 商家编码"
    ),
    "2022": _names(_ITEMS_2022),
    "2025": tuple(_RENAMED_ITEMS.get(name, name) for name in _names(_ITEMS_2022)),
}
"""Generation -> headers of the file with one row an item."""

_KEYS = {
    "order_no": "订单编号",
    "buyer": "买家会员名",
    "state": "订单状态 状态",
    "total": "总金额 买家应付货款",
    "paid": "买家实际支付金额 买家实付金额",
    "placed_at": "订单创建时间 买家下单时间 下单时间",
    "paid_at": "订单付款时间 买家付款时间",
    "shipped_at": "发货时间",
    "received_at": "确认收货时间",
    "closed_reason": "订单关闭原因",
    "receiver": "收货人姓名 收货人",
    "address": "收货地址",
    "changed_address": "修改后的收货地址",
    "mobile": "联系手机 手机号",
    "phone": "联系电话",
    "usable_until": "虚拟号过期时间",
    "title": "宝贝标题 标题 商品标题",
    "item_count": "宝贝总数量",
    "tracking_no": "物流单号 运单号",
    "carrier": "物流公司",
    "buyer_message": "买家留言",
    "memo": "订单备注",
    "price": "价格 商品价格",
    "quantity": "购买数量",
    "sku": "商家编码",
    "properties": "商品属性",
    "sub_order_no": "子订单编号",
}
_KEY_OF = {header: key for key, headers in _KEYS.items() for header in headers.split()}
_KEY_OF["主订单编号"] = "order_no"

DEFAULT_ORDER: Cells = {
    "order_no": "3515313147329357901",
    "buyer": "培训买家01",
    "state": "等待买家付款",
    "total": "201.12",
    "paid": "0.00",
    "placed_at": "2026-11-20 09:15:32",
    "paid_at": "",
    "closed_reason": "订单未关闭",
    "receiver": "测试甲",
    "address": "浙江省 杭州市 西湖区 样例路1号(310000)",
    "mobile": "'13900000001",
    "title": "样例宝贝",
    "item_count": "1",
    "changed_address": "null",
    "phone": "",
}
DEFAULT_ITEM: Cells = {
    "order_no": "3515313147329357901",
    "sub_order_no": "3515313147329357902",
    "title": "样例宝贝",
    "price": "100.56",
    "quantity": "2",
    "sku": "A-1",
    "properties": "颜色:红色",
    "state": "等待买家付款",
}
_FILLING = {"买家服务费": "0元", "打款商家金额": "0.00元", "店铺名称": "样例店", "退款金额": "0.00"}


def order_file(generation: str, orders: Iterable[Cells], *, encoding: str = "gb18030") -> bytes:
    """One order export; an order's missing keys have the values of DEFAULT_ORDER."""
    headers = ORDER_HEADERS[generation]
    rows = [_row(headers, {**DEFAULT_ORDER, **order}) for order in orders]
    return as_csv(headers, rows, encoding=encoding)


def item_file(generation: str, items: Iterable[Cells], *, encoding: str = "gb18030") -> bytes:
    """One item export; in the older one every row has an empty field more than the header."""
    headers = ITEM_HEADERS[generation]
    rows = [_row(headers, {**DEFAULT_ITEM, **item}) for item in items]
    if generation == "2017":
        rows = [[*row, ""] for row in rows]
    return as_csv(headers, rows, encoding=encoding)


def order_sheet(generation: str, orders: Iterable[Cells]) -> bytes:
    """The same order export saved again as XLSX, every cell a text."""
    headers = ORDER_HEADERS[generation]
    return as_xlsx([headers, *(_row(headers, {**DEFAULT_ORDER, **order}) for order in orders)])


# --- other systems -------------------------------------------------------------------------------

_WANGDIAN = (
    "订单编号 店铺 订单来源 仓库 子单原始单号 订单状态 订单类型 货到付款 订单退款状态 交易时间 "
    "付款时间 客户网名 收件人 收货地区 收货地址 收件人手机 分销商 来源组合装编号 收件人电话 邮编 "
    "区域 物流公司 物流单号 买家留言 客服备注 打印备注 订单支付金额 邮费 订单总优惠 应收金额 "
    "款到发货金额 货到付款金额 预估重量 需要发票 发票抬头 发票内容 业务员 审核人 商家编码 货品编号 "
    "货品名称 规格名称 平台货品名称 平台规格名称 下单数量 标价 货品总优惠 成交价 分摊后价格 打折比 "
    "实发数量 分摊后总价 退款前支付金额 分摊邮费 单品支付金额 拆自组合装 赠品方式"
)
_WANGDIAN_SHIPPED = (
    "订单编号 店铺名称 原始单号 原始子单号 发货条件 订单明细退款状态 交易时间 付款时间 发货时间 "
    "客户网名 收件人 省市县 地址 手机 电话 物流公司 物流单号 客服标旗 标记名称 已付 最晚发货时间 "
    "客户编号 商家编码 货品名称 规格名称 货品数量"
)
_JUSHUITAN = (
    "内部订单号 线上订单号 店铺 订单状态 订单日期 付款日期 买家帐号 收货人 收货手机 省 市 区县 地址 "
    "快递公司 快递单号 应付金额 已付金额 产品分类 成本价 商品编码 商品名称 颜色规格 数量 单价"
)
_JUSHUITAN_TEMPLATE = (
    "线上订单号 下单时间 买家id 卖家备注 买家留言 运费 付款金额 收货人姓名（必填） 手机（必填） "
    "省份（必填） 城市（必填） 区县（必填） 地址（必填） 商品编码（必填） 商品名称 颜色及规格 "
    "数量（必填） 商品单价（必填） 状态 规格编码"
)
_KUAIMAI = (
    "系统订单号 平台订单号 内部单号 原始平台单号 平台 店铺 店铺简称 店铺编号 仓库 订单状态 "
    "订单平台状态 买家昵称 收件人 手机 收货地址 应付金额 实付金额 下单时间 付款时间 发货时间 "
    "快递公司 快递单号 规格商家编码 商品名称 规格 数量 单价"
)
_JINGDONG = (
    "订单号 商品ID 商品名称 订购数量 支付方式 下单时间 京东价 订单金额 结算金额 余额支付 应付金额 "
    "订单状态 订单类型 下单帐号 客户姓名 客户地址 联系电话 订单备注 发票类型 发票抬头 发票内容 "
    "商家备注 商家备注等级（等级1-5为由高到低） 运费金额 付款确认时间 增值税发票 货号 订单完成时间 "
    "订单来源 订单渠道 送装服务 服务费"
)
_PINDUODUO = (
    "订单成交时间 商品 订单号 订单状态 商品总价(元) 邮费(元) 店铺优惠折扣(元) 平台优惠折扣(元) "
    "多多支付立减金额(元) 用户实付金额(元) 商家实收金额(元) 商品数量(件) 发货时间 确认收货时间 "
    "商品id 商品规格 样式ID 商家编码-规格维度 商家编码-商品维度 商家备注 售后状态 快递单号 快递公司"
)
_DOUDIAN = (
    "订单号 订单状态 订单下单时间 付款时间 发货时间 收件人姓名 收件人手机 省 市 区 街道 收件人地址 "
    "订单应付金额 订单实际收款金额 商品名称 商家编码 商品规格 商品数量 商品单价"
)
_GUANYI = (
    "店铺名称 发货单号 平台编号 发货时间 会员名称 商品代码 商品名称 数量 成本单价 成本金额 实际单价 "
    "实际金额 仓库名称 商品条码 物流单号 物流公司"
)

SYSTEM_HEADERS: dict[str, tuple[str, ...]] = {
    "旺店通": _names(_WANGDIAN),
    "旺店通销售出库": _names(_WANGDIAN_SHIPPED),
    "聚水潭": _names(_JUSHUITAN),
    "聚水潭模板": _names(_JUSHUITAN_TEMPLATE),
    "快麦": _names(_KUAIMAI),
    "京东": _names(_JINGDONG),
    "拼多多": _names(_PINDUODUO),
    "拼多多代打": (*_names(_PINDUODUO), "收货人", "手机", "省", "市", "区", "街道"),
    "抖店": _names(_DOUDIAN),
    "管易发货单": _names(_GUANYI),
}
"""System -> headers of its sheet: 57 columns of 旺店通, 32 of 京东, and so on."""

_ONE_ORDER: dict[str, Cells] = {
    "旺店通": {
        "订单编号": "=JY202611200001", "子单原始单号": "=3515313147329357901",
        "订单状态": "待审核", "订单退款状态": "无退款", "交易时间": "2026-11-20 09:15:32",
        "付款时间": "2026-11-20 09:20:00", "客户网名": "培训买家01", "收件人": "测试甲",
        "收货地区": "浙江省 杭州市 西湖区", "收货地址": "样例路1号", "收件人手机": "=13900000001",
        "订单支付金额": "201.1200", "应收金额": "201.1200", "商家编码": "A-1",
        "货品名称": "样例面霜", "规格名称": "50ml", "下单数量": "2.0000", "成交价": "100.5600",
    },
    "旺店通销售出库": {
        "订单编号": "JY202611200001", "原始单号": "3515313147329357901", "发货条件": "款到发货",
        "交易时间": "2026-11-20 09:15:32", "付款时间": "2026-11-20 09:20:00",
        "发货时间": "2026-11-20 15:00:00", "客户网名": "培训买家01", "收件人": "测试甲",
        "省市县": "浙江省 杭州市 西湖区", "地址": "样例路1号", "手机": "13900000001",
        "物流公司": "样例快递", "物流单号": "SF0001", "已付": "201.12", "商家编码": "A-1",
        "货品名称": "样例面霜", "规格名称": "50ml", "货品数量": "2",
    },
    "聚水潭": {
        "内部订单号": "100001", "线上订单号": "3515313147329357901", "订单状态": "已付款待审核",
        "订单日期": "2026-11-20 09:15:32", "付款日期": "2026-11-20 09:20:00",
        "买家帐号": "培训买家01", "收货人": "测试甲", "收货手机": "13900000001", "省": "浙江省",
        "市": "杭州市", "区县": "西湖区", "地址": "样例路1号", "应付金额": "201.12",
        "已付金额": "201.12", "商品编码": "A-1", "商品名称": "样例面霜", "颜色规格": "50ml",
        "数量": "2", "单价": "100.56",
    },
    "聚水潭模板": {
        "线上订单号": "3515313147329357901", "下单时间": "2026-11-20 09:15:32",
        "买家id": "培训买家01", "付款金额": "201.12", "收货人姓名（必填）": "测试甲",
        "手机（必填）": "13900000001", "省份（必填）": "浙江省", "城市（必填）": "杭州市",
        "区县（必填）": "西湖区", "地址（必填）": "样例路1号", "商品编码（必填）": "A-1",
        "商品名称": "样例面霜", "颜色及规格": "50ml", "数量（必填）": "2",
        "商品单价（必填）": "100.56", "状态": "已付款待审核",
    },
    "快麦": {
        "系统订单号": "5001", "平台订单号": "3515313147329357901", "订单状态": "待审核",
        "订单平台状态": "买家已付款，等待卖家发货", "买家昵称": "培训买家01", "收件人": "测试甲",
        "手机": "13900000001", "收货地址": "浙江省 杭州市 西湖区 样例路1号", "应付金额": "201.12",
        "实付金额": "201.12", "下单时间": "2026-11-20 09:15:32",
        "付款时间": "2026-11-20 09:20:00", "规格商家编码": "A-1", "商品名称": "样例面霜",
        "规格": "50ml", "数量": "2", "单价": "100.56",
    },
    "京东": {
        "订单号": "310000000001", "商品ID": "6001", "商品名称": "样例面霜", "订购数量": "2",
        "支付方式": "在线支付", "下单时间": "2026-11-20 09:15:32", "京东价": "100.56",
        "订单金额": "201.12", "结算金额": "201.12", "应付金额": "201.12", "订单状态": "等待出库",
        "下单帐号": "培训买家01", "客户姓名": "测试甲", "客户地址": "浙江杭州市西湖区样例路1号",
        "联系电话": "13900000001", "付款确认时间": "2026-11-20 09:20:00", "货号": "A-1",
    },
    "拼多多": {
        "订单成交时间": "2026-11-20 09:15:32", "商品": "样例面霜",
        "订单号": "230101-123456789012345", "订单状态": "待发货", "商品总价(元)": "201.12",
        "用户实付金额(元)": "201.12", "商家实收金额(元)": "199.00", "商品数量(件)": "2",
        "商品规格": "50ml", "商家编码-规格维度": "A-1", "售后状态": "无售后或售后取消",
    },
    "抖店": {
        "订单号": "6921000000000000001", "订单状态": "待发货", "订单下单时间": "2026-11-20 09:15:32",
        "付款时间": "2026-11-20 09:20:00", "收件人姓名": "测试甲", "收件人手机": "18400000000-7576",
        "省": "浙江省", "市": "杭州市", "区": "西湖区", "街道": "样例街道",
        "收件人地址": "样例路1号", "订单应付金额": "201.12", "订单实际收款金额": "201.12",
        "商品名称": "样例面霜", "商家编码": "A-1", "商品规格": "50ml", "商品数量": "2",
        "商品单价": "100.56",
    },
    "管易发货单": {
        "店铺名称": "样例店", "发货单号": "FH0001", "平台编号": "3515313147329357901",
        "发货时间": "2026-11-20 15:00:00", "会员名称": "培训买家01", "商品代码": "A-1",
        "商品名称": "样例面霜", "数量": "2", "实际单价": "100.56", "物流单号": "SF0001",
        "物流公司": "样例快递",
    },
}  # fmt: skip
_ONE_ORDER["拼多多代打"] = {
    **_ONE_ORDER["拼多多"],
    "收货人": "测试甲", "手机": "13900000001", "省": "浙江省", "市": "杭州市", "区": "西湖区",
    "街道": "样例街道",
}  # fmt: skip


def system_file(system: str, rows: Iterable[Cells], *, encoding: str = "gb18030") -> bytes:
    """A sheet of that system as CSV; a row's missing columns have those of its one usual order."""
    return as_csv(SYSTEM_HEADERS[system], system_rows(system, rows), encoding=encoding)


def system_sheet(system: str, rows: Iterable[Cells], *, sheet: str = "Sheet1") -> bytes:
    """The same as XLSX, every cell a text."""
    return as_xlsx([SYSTEM_HEADERS[system], *system_rows(system, rows)], sheet=sheet)


def system_rows(system: str, rows: Iterable[Cells]) -> list[list[str]]:
    """The cells of these rows, in the order of the system's columns."""
    usual, headers = _ONE_ORDER[system], SYSTEM_HEADERS[system]
    return [[{**usual, **row}.get(name, "") for name in headers] for row in rows]


def as_csv(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "gb18030"
) -> bytes:
    """Quoted as the marketplace does; order numbers are `="…"` without quotes around them."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(headers)
    numbered = [position for position, name in enumerate(headers) if name.endswith("订单编号")]
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(row)
        written = line.getvalue()
        for position in numbered:
            if row[position].isdecimal():
                written = written.replace(f'"{row[position]}"', f'="{row[position]}"')
        text.write(written.replace('=="', '="'))
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1") -> bytes:
    """One sheet with these rows; values keep their type, and no text becomes a formula."""
    return as_workbook({sheet: rows})


def as_workbook(sheets: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    """Sheets of rows by their names, as `as_xlsx` makes one."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    book.remove(first)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = page.cell(line, column)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _row(headers: Sequence[str], values: Cells) -> list[str]:
    return [
        values.get(_KEY_OF.get(header.strip(), ""), _FILLING.get(header.strip(), ""))
        for header in headers
    ]

"""Why a whole file is not taken: the codes, and what a person reads about each."""

from __future__ import annotations

from enum import StrEnum

from adapters.importers.rows import FileKind, Refusal, RefusedFile


class RefusalCode(StrEnum):
    """Every reason for which a file is refused whole (R-IMP-2)."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    BINARY = "binary"
    ENCODING = "encoding"
    OLD_EXCEL = "old_excel"
    PASSWORD = "password"  # noqa: S105 - it is the code of a refusal
    HTML = "html"
    NOT_XLSX = "not_xlsx"
    BROKEN_ZIP = "broken_zip"
    ZIP_LIMITS = "zip_limits"
    SEVERAL_SHEETS = "several_sheets"
    UNREADABLE = "unreadable"
    FILE_TOO_COSTLY = "file_too_costly"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    CELL_TOO_LONG = "cell_too_long"
    UNCLOSED_QUOTE = "unclosed_quote"
    DUPLICATE_HEADER = "duplicate_header"
    MISSING_COLUMN = "missing_column"
    UNKNOWN_TABLE = "unknown_table"
    KIND_NEEDED = "kind_needed"
    KIND_MISMATCH = "kind_mismatch"
    BAD_JSON = "bad_json"


FILE_KIND_WORDS = {
    FileKind.ORDERS: "订单",
    FileKind.ITEMS: "宝贝明细",
    FileKind.SHIPMENTS: "发货单",
    FileKind.STOCK_OUT: "缺货清单",
    FileKind.DO_NOT_CONTACT: "免打扰名单",
    FileKind.CALENDAR: "官方日历",
    FileKind.AFTER_SALES: "售后登记",
    FileKind.PARCELS: "快递登记",
    FileKind.REVIEWS: "评价收集",
    FileKind.VIP: "VIP 名单",
}
REFUSAL_TEXTS = {
    RefusalCode.EMPTY: "文件是空的",
    RefusalCode.TOO_BIG: "文件太大：最多 {limit} MB",
    RefusalCode.BINARY: "不是表格文件（含有二进制内容）；请上传 CSV 或 XLSX",
    RefusalCode.ENCODING: "文字编码无法识别；请用 UTF-8 或 GB18030（GBK）保存",
    RefusalCode.OLD_EXCEL: "是旧版 Excel（.xls）文件；请另存为 XLSX 或 CSV 后再导入",
    RefusalCode.PASSWORD: "文件有密码；请去掉密码后再导入",
    RefusalCode.HTML: "内容是网页（HTML/XML），不是表格；请另存为 XLSX 或 CSV 后再导入",
    RefusalCode.NOT_XLSX: "压缩包里没有 XLSX 工作簿；请上传 XLSX 或 CSV",
    RefusalCode.BROKEN_ZIP: "文件已损坏，打不开；请重新导出",
    RefusalCode.ZIP_LIMITS: "文件解压后超出限制：{detail}",
    RefusalCode.SEVERAL_SHEETS: "有多个工作表都像要导入的数据（{detail}）；请每个文件只留一个",
    RefusalCode.UNREADABLE: "文件读不下去：{detail}；请重新导出",
    RefusalCode.FILE_TOO_COSTLY: "读这个文件耗用的内存或时间超出限制，已停止",
    RefusalCode.TOO_MANY_COLUMNS: "列太多：最多 {limit} 列",
    RefusalCode.TOO_MANY_ROWS: "行太多：最多 {limit} 行；请分成几个文件",
    RefusalCode.CELL_TOO_LONG: "第 {line} 行起有一格内容过长：最多 {limit} 字",
    RefusalCode.UNCLOSED_QUOTE: "第 {line} 行起有引号没有结束，文件可能不完整；请重新导出",
    RefusalCode.DUPLICATE_HEADER: "表头重复，不知道以哪一列为准：{detail}",
    RefusalCode.MISSING_COLUMN: "缺少必需的列：{detail}",
    RefusalCode.UNKNOWN_TABLE: "认不出这是什么表；第一个非空行必须是表头，读到的是：{detail}",
    RefusalCode.KIND_NEEDED: (
        "只看表头分不清这是什么表，请选定文件种类（命令行用 --kind）："
        "订单 orders、宝贝明细 items、发货单 shipments、缺货清单 stock-out、"
        "免打扰名单 do-not-contact、官方日历 calendar、"
        "售后登记 after-sales、快递登记 parcels、评价收集 reviews、VIP 名单 vip"
    ),
    RefusalCode.KIND_MISMATCH: "内容与所选类型不符：选的是“{chosen}”，内容是“{found}”",
    RefusalCode.BAD_JSON: "JSON 的格式不对：{detail}",
}
"""Chinese sentences; what stands in braces is filled in by `refusal`."""


def refusal(code: RefusalCode, **details: object) -> RefusedFile:
    """Make the exception to raise, its sentence filled in; kinds of files are named in Chinese."""
    if code is RefusalCode.KIND_MISMATCH:
        details = {name: FILE_KIND_WORDS[FileKind(str(kind))] for name, kind in details.items()}
    return RefusedFile(Refusal(code.value, REFUSAL_TEXTS[code].format(**details)))

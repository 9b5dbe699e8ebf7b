"""What a rule says, in one short line beside its id. The whole text is docs/rules.md."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

RULE_WORDS: Mapping[str, str] = {
    "R-HOURS-1": "工作日只在 9–12 点、13–20 点联系",
    "R-HOURS-2": "休息日只在 10–12 点、13–20 点联系",
    "R-HOURS-3": "拨打的那一刻必须在时段内，12:00 和 20:00 整已在时段外",
    "R-HOURS-4": "按收货省份分时段，新疆、西藏上下午各晚 2 小时开始",
    "R-HOURS-5": "短信和旺旺留言同样受时段限制",
    "R-HOURS-6": "官方日历没有公布的年份，一律按休息日时段",
    "R-HOURS-7": "按客户约定的时间回电，不在时段内就顺延到下一个可拨的时间",
    "R-SLOT-1": "没联系上就换一个时段再打，同一任务两次间隔至少 2 小时",
    "R-IMP-1": "直接读店铺自己的导出文件，不需要事先整理",
    "R-IMP-2": "没有收下的每一行都列出行号、列和原因",
    "R-IMP-3": "重复导入不改变已知内容，订单状态只前进",
    "R-IMP-4": "按买家会员名认客户，金额精确到分",
    "R-PHONE-1": "只拨有效的手机和固定电话",
    "R-PHONE-2": "虚拟号要转分机，过期后不再使用",
    "R-PHONE-3": "一位客户有多个号码时，先用最可靠的一个",
    "R-REPEAT-1": "不反复打扰同一位客户做回访",
    "R-REPEAT-2": "同一位客户、同一个号码，同时只能有一个人在处理",
    "R-REPEAT-3": "每个号码、每位客户的联系次数有上限",
    "R-REPEAT-4": "每个任务的拨打次数有上限",
    "R-REPEAT-5": "客户要求的回电、刚得到的号码、断线重拨，不受间隔限制",
    "R-DNC-1": "通话中反感挂机的客户，本类业务不再联系",
    "R-DNC-2": "要求不再联系的客户，从那一刻起不再联系",
    "R-DNC-3": "免打扰名单：谁、什么范围、为什么、什么时候；解除要主管写明原因",
    "R-ETQ-1": "电话礼仪",
    "R-CLAIM-1": "领到的客户归您处理，超时未拨打会回到队列，拨打后要填结果",
    "R-DUN-1": "前一天拍下、还没付款的订单",
    "R-DUN-2": "一位客户的未付款订单合并成一个任务",
    "R-DUN-3": "到最早一笔订单自动关闭的时间为止，之后不再联系",
    "R-DUN-4": "每次拨打前核对付款状态，数据太旧就不催",
    "R-DUN-5": "快要关闭、金额更大的先打",
    "R-DUN-6": "拨打时能看到商品、金额、时间和优惠",
    "R-DUN-7": "催款明细表",
    "R-DUN-8": "催款汇总表",
    "R-MSG-1": "旺旺留言由系统写好、由人发送并打勾",
    "R-AUD-1": "所有操作都有记录，只增不改",
    "R-AUD-2": "历史可以独立复核",
    "R-AUD-3": "任何客户、任何时间，都能说明该不该打、为什么",
    "R-PII-1": "号码只对正在处理的坐席完整显示，其他地方打码，查看要留记录",
}


def rule_words(rule: str) -> str:
    """Say what the rule is about; its own id where no line is written."""
    words = RULE_WORDS.get(rule)
    return rule if words is None else str(gettext(words))

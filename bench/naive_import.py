"""The import as one writes it in an afternoon: csv, phonenumbers, and one ORM object a row.

It is fair: it keeps the same orders, customers and numbers, looks for each before it adds it, reads
phones with the usual library, and commits once. It knows nothing of histories, versions or masks.
"""

from __future__ import annotations

import csv
import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import phonenumbers
from sqlalchemy import ForeignKey, Numeric, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The naive tables."""


class Customer(Base):
    """One user ID."""

    __tablename__ = "naive_customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(unique=True)


class Phone(Base):
    """One number of a customer."""

    __tablename__ = "naive_phone"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("naive_customer.id"), index=True)
    number: Mapped[str] = mapped_column(index=True)


class Order(Base):
    """One order."""

    __tablename__ = "naive_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_no: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("naive_customer.id"), index=True)
    state: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    placed_at: Mapped[datetime] = mapped_column(index=True)
    paid_at: Mapped[datetime | None]
    receiver: Mapped[str]
    address: Mapped[str]
    region: Mapped[str]
    title: Mapped[str]


class Task(Base):
    """One call to be made."""

    __tablename__ = "naive_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("naive_customer.id"), unique=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))


def run(path: Path, url: str, first: datetime, last: datetime) -> float:
    """Import the file, make a task for each customer with orders unpaid in the span; seconds."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    began = time.perf_counter()
    with path.open(encoding="gb18030", newline="") as file, Session(engine) as session:
        for row in csv.DictReader(file):
            _take(session, row)
        session.commit()
        _plan(session, first, last)
        session.commit()
    took = time.perf_counter() - began
    engine.dispose()
    return took


def _take(session: Session, row: dict[str, str]) -> None:
    customer = session.scalar(select(Customer).where(Customer.user_id == row["买家会员名"]))
    if customer is None:
        customer = Customer(user_id=row["买家会员名"])
        session.add(customer)
        session.flush()
    parsed = phonenumbers.parse(row["联系手机"].strip("'"), "CN")
    if phonenumbers.is_valid_number(parsed):
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        known = select(Phone).where(Phone.customer_id == customer.id, Phone.number == number)
        if session.scalar(known) is None:
            session.add(Phone(customer_id=customer.id, number=number))
    order_no = row["订单编号"].strip('="')
    order = session.scalar(select(Order).where(Order.order_no == order_no))
    if order is None:
        order = Order(order_no=order_no, customer_id=customer.id)
        session.add(order)
    order.state = row["订单状态"]
    order.total = Decimal(row["总金额"])
    order.placed_at = datetime.fromisoformat(row["订单创建时间"])
    order.paid_at = datetime.fromisoformat(row["订单付款时间"]) if row["订单付款时间"] else None
    order.receiver = row["收货人姓名"]
    order.address = row["收货地址"]
    order.region = order.address.split(" ")[0]
    order.title = row["宝贝标题"]


def _plan(session: Session, first: datetime, last: datetime) -> None:
    unpaid = select(Order).where(
        Order.state == "等待买家付款", Order.placed_at >= first, Order.placed_at < last
    )
    tasks: dict[int, Task] = {}
    for order in session.scalars(unpaid):
        task = tasks.get(order.customer_id)
        if task is None:
            tasks[order.customer_id] = Task(customer_id=order.customer_id, amount=order.total)
            session.add(tasks[order.customer_id])
        else:
            task.amount += order.total


if __name__ == "__main__":
    source, database, span_first, span_last = sys.argv[1:]
    span = (datetime.fromisoformat(span_first), datetime.fromisoformat(span_last))
    print(run(Path(source), database, *span))

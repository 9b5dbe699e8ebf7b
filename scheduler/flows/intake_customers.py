"""The customers that an order file names, and their numbers (R-IMP-4, R-PHONE-3, R-HOURS-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from adapters.importers.rows import OrderRow
from adapters.store import bulk
from adapters.store.models.customers import customer, customer_phone
from adapters.store.queries import intake as queries
from adapters.vault import Vault
from campaigns.values import PhoneNumber
from scheduler.rules.order_merge import KnownOrder

ALONE = "order:"
"""R-IMP-4. How the identity of a customer begins who is known by one order only."""

_CUSTOMER_COLUMNS = ("id", "identity", "buyer", "receiver", "region", "created_at")
_PHONE_COLUMNS = (
    "customer_id",
    "phone_key",
    "sealed",
    "masked",
    "source",
    "usable_until",
    "added_at",
)


@dataclass(slots=True)
class Phone:
    """A number of a customer. `number` only of one that is to be added; a known one has an id."""

    id: int | None
    usable_until: datetime | None
    number: PhoneNumber | None = None
    is_changed: bool = False

    def end_at(self, until: datetime | None) -> bool:
        """R-PHONE-2. Take over a first or a later end; True when that is something new."""
        if until is None or (self.usable_until is not None and until <= self.usable_until):
            return False
        self.usable_until = until
        self.is_changed = True
        return True


@dataclass(slots=True)
class Customer:
    """A customer whom the rows name, with the numbers by their keyed hash."""

    id: int
    identity: str
    buyer: str
    receiver: str | None = None
    region: str | None = None
    is_new: bool = False
    phones: dict[str, Phone] = field(default_factory=dict)

    @property
    def is_alone(self) -> bool:
        """R-IMP-4. Known by one order only, whose user ID was masked or missing."""
        return self.identity.startswith(ALONE)

    def inherit(self, alone: Customer) -> None:
        """R-IMP-4. Take over the numbers of somebody who turned out to be this customer."""
        for key, phone in list(alone.phones.items()):
            if key in self.phones:
                self.phones[key].end_at(phone.usable_until)
            else:
                phone.is_changed = True
                self.phones[key] = alone.phones.pop(key)


def identity_of(row: OrderRow) -> str:
    """R-IMP-4. The user ID; an order whose ID is masked or missing stands alone."""
    user_id = row.user_id
    if user_id is None or row.user_id_masked or user_id.startswith(ALONE):
        return f"{ALONE}{row.order_no}"
    return user_id


def write_new_customers(
    connection: Connection,
    customers: Mapping[str, Customer],
    orders: Iterable[KnownOrder],
    now: datetime,
) -> list[Customer]:
    """Insert the new ones. R-HOURS-4: they live where the newest of their orders goes."""
    added = {c.id: c for c in customers.values() if c.is_new}
    theirs = [known for known in orders if known.customer_id in added]
    for known in sorted(theirs, key=lambda o: (o.placed_at, o.order_no)):
        owner = added[known.customer_id]
        owner.receiver = known.receiver or owner.receiver
        owner.region = known.region or owner.region
    bulk.insert_rows(
        connection,
        customer,
        _CUSTOMER_COLUMNS,
        [(c.id, c.identity, c.buyer, c.receiver, c.region, now) for c in added.values()],
    )
    return list(added.values())


def write_phones(
    connection: Connection,
    vault: Vault,
    customers: Mapping[str, Customer],
    now: datetime,
    source: str = "import",
) -> set[int]:
    """Add new numbers and move the ends of known ones; returns the known customers concerned."""
    added, moved, concerned = [], [], set()
    for one in customers.values():
        for key, phone in one.phones.items():
            if phone.number is not None:
                sealed, masked = vault.seal(phone.number), phone.number.masked
                added.append((one.id, key, sealed, masked, source, phone.usable_until, now))
            elif phone.is_changed:
                moved.append((phone.id, one.id, phone.usable_until))
            else:
                continue
            if not one.is_new:
                concerned.add(one.id)
    # Skipping: a caller may just have entered the very number that the file brings.
    bulk.insert_rows(connection, customer_phone, _PHONE_COLUMNS, added, skip_known=True)
    bulk.update_rows(connection, customer_phone, ("id", "customer_id", "usable_until"), moved)
    return concerned


def settle_addresses(
    connection: Connection, customers: Mapping[str, Customer], ids: Iterable[int]
) -> set[int]:
    """R-HOURS-4. A known customer lives where the newest order goes; returns who moved."""
    known = {c.id: c for c in customers.values() if not c.is_new}
    wanted = known.keys() & set(ids)
    latest: dict[int, tuple[str | None, str | None]] = {}
    for found in queries.addresses_of(connection, wanted):
        receiver, region = latest.get(found.customer_id, (None, None))
        latest[found.customer_id] = (found.receiver or receiver, found.region or region)
    changed = [
        (customer_id, *where)
        for customer_id, where in latest.items()
        if (known[customer_id].receiver, known[customer_id].region) != where
    ]
    bulk.update_rows(connection, customer, ("id", "receiver", "region"), changed)
    return {row[0] for row in changed}

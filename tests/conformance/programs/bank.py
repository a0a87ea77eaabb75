# An account book: classes, dataclasses, enums, context managers, custom exceptions, properties, formatting.
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from collections import defaultdict
from functools import total_ordering
import itertools, json, re
class Kind(Enum):
    DEPOSIT = "deposit"; WITHDRAWAL = "withdrawal"; TRANSFER = "transfer"
class BankError(Exception):
    """Base of what can go wrong."""
class Insufficient(BankError):
    def __init__(self, account, wanted):
        super().__init__(f"{account.owner} has {account.balance}, wanted {wanted}")
        self.account, self.wanted = account, wanted
class Unknown(BankError, KeyError): pass
@total_ordering
@dataclass(frozen=True)
class Money:
    cents: int
    @classmethod
    def parse(cls, text):
        if not (m := re.fullmatch(r"(-?)\$?(\d+)(?:\.(\d\d))?", text.replace(",", ""))): raise ValueError(f"not an amount: {text!r}")
        return cls((-1 if m[1] else 1) * (int(m[2]) * 100 + int(m[3] or 0)))
    def __add__(self, o): return Money(self.cents + o.cents)
    def __sub__(self, o): return Money(self.cents - o.cents)
    def __neg__(self): return Money(-self.cents)
    def __lt__(self, o): return self.cents < o.cents
    def __bool__(self): return self.cents != 0
    def __str__(self): return f"{'-' if self.cents < 0 else ''}${abs(self.cents) // 100:,}.{abs(self.cents) % 100:02}"
    def __format__(self, spec): return format(str(self), spec)
@dataclass
class Entry:
    kind: Kind
    amount: Money
    note: str = ""
@dataclass
class Account:
    owner: str
    entries: list[Entry] = field(default_factory=list)
    number: int = field(default_factory=itertools.count(1000).__next__)
    @property
    def balance(self): return sum((e.amount for e in self.entries), Money(0))
class Bank:
    def __init__(self): self.accounts, self.log = {}, []
    def open(self, owner, deposit="0"):
        a = self.accounts[owner] = Account(owner)
        if m := Money.parse(deposit): a.entries.append(Entry(Kind.DEPOSIT, m, "opening"))
        return a
    def __getitem__(self, owner):
        try: return self.accounts[owner]
        except KeyError as e: raise Unknown(owner) from e
    def __iter__(self): return iter(sorted(self.accounts.values(), key=lambda a: a.owner))
    @contextmanager
    def transaction(self, name):
        saved = {k: a.entries[:] for k, a in self.accounts.items()}
        try:
            yield self
        except BankError as e:
            for k, entries in saved.items(): self.accounts[k].entries[:] = entries
            self.log.append(f"{name}: rolled back ({type(e).__name__})")
            raise
        else: self.log.append(f"{name}: committed")
        finally: self.log.append(f"{name}: closed")
    def withdraw(self, owner, amount):
        a, m = self[owner], Money.parse(amount)
        if a.balance < m: raise Insufficient(a, m)
        a.entries.append(Entry(Kind.WITHDRAWAL, -m))
    def transfer(self, src, dst, amount):
        with self.transaction(f"{src}->{dst}"):
            m = Money.parse(amount)
            self[dst].entries.append(Entry(Kind.TRANSFER, m, f"from {src}"))
            self.withdraw(src, amount)
    def report(self):
        yield f"{'owner':<10}|{'balance':>14}|{'n':>3}"
        yield "-" * 29
        for a in self: yield f"{a.owner:<10}|{a.balance:>14}|{len(a.entries):>3}"
bank = Bank()
for owner, amount in [("ann", "1,200.50"), ("bob", "$75"), ("eve", "0")]: bank.open(owner, amount)
for action in (lambda: bank.transfer("ann", "bob", "200.25"), lambda: bank.transfer("bob", "eve", "1000"), lambda: bank.transfer("ann", "zoe", "1"), lambda: bank.withdraw("bob", "5.00"), lambda: bank.withdraw("eve", "x")):
    try:
        action()
    except BankError as e:
        print(type(e).__name__, e, "|", repr(e.__cause__))
    except ValueError as e:
        print("bad input:", e)
print(*bank.report(), sep="\n")
print(*bank.log, sep="\n")
totals = defaultdict(lambda: Money(0))
for a in bank:
    for e in a.entries: totals[e.kind] += e.amount
print({k.name: str(v) for k, v in totals.items()})
print(json.dumps([{"owner": a.owner, "cents": a.balance.cents, "kinds": [e.kind.value for e in a.entries]} for a in bank]))
print(max(bank, key=lambda a: a.balance).owner, sorted(str(a.balance) for a in bank), Money(5) == Money(5), Money(1) < Money(2), Money(3) >= Money(2), hash(Money(5)) == hash(Money(5)), bank["ann"].entries[0])

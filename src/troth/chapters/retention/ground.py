"""What the parts of this chapter work with."""

from msgspec import Struct

from troth.documents.notice import Notices
from troth.documents.retention.activity import Activity
from troth.documents.retention.marks import Marks
from troth.documents.retention.orders import Orders
from troth.documents.retention.papers import Register
from troth.documents.retention.plans import Plans
from troth.gate import Gate


class Books(Struct, frozen=True, kw_only=True):
    """The documents of this chapter: plans, orders, due dates, last activity, paper."""

    plans: Plans
    orders: Orders
    marks: Marks
    activity: Activity
    papers: Register


class Ground(Struct, frozen=True, kw_only=True):
    """The floor of the chapter: the gate, the notices and its own books."""

    gate: Gate
    notices: Notices
    books: Books

"""The floor of other databases: the same statements, written by hand for one schema with psycopg.

No map, no look at the schema, no question whether others use a row but the one that this schema
needs, no search by value. One connection, everything in order.
"""

from typing import Any

import psycopg

ACCESS = (
    "SELECT email, name, born, profile FROM customers WHERE id = %(id)s",
    "SELECT holder, ccn, code FROM payment_cards WHERE customer_id = %(id)s",
    "SELECT note FROM orders WHERE customer_id = %(id)s",
    (
        "SELECT engraving FROM order_items WHERE order_id IN"
        " (SELECT id FROM orders WHERE customer_id = %(id)s)"
    ),
    (
        "SELECT recipient FROM parcels WHERE order_id IN"
        " (SELECT id FROM orders WHERE customer_id = %(id)s)"
    ),
    "SELECT time, ip FROM logins WHERE customer_id = %(id)s",
    "SELECT email, last_visit FROM visits WHERE email = %(email)s",
    "SELECT email, name FROM employees WHERE email = %(email)s",
    (
        "SELECT r.name FROM reports r JOIN employees e ON r.employee_id = e.id"
        " WHERE e.email = %(email)s"
    ),
    "SELECT author, text, tag FROM reviews WHERE customer_id = %(id)s",
    "SELECT phone, topic FROM subscriptions WHERE phone = %(phone)s",
    "SELECT name, street FROM invoices WHERE customer_id = %(id)s",
    "SELECT house, street, city, zip FROM addresses WHERE id = ANY(%(homes)s)",
)
HOMES = (
    "SELECT address_id FROM customers WHERE id = %(id)s UNION"
    " SELECT billing_address_id FROM payment_cards WHERE customer_id = %(id)s UNION"
    " SELECT shipping_address_id FROM orders WHERE customer_id = %(id)s"
)
ERASE = (
    "UPDATE customers SET last_order_id = NULL WHERE id = %(id)s",
    "DELETE FROM parcels WHERE order_id IN (SELECT id FROM orders WHERE customer_id = %(id)s)",
    "DELETE FROM order_items WHERE order_id IN (SELECT id FROM orders WHERE customer_id = %(id)s)",
    "DELETE FROM orders WHERE customer_id = %(id)s",
    "DELETE FROM payment_cards WHERE customer_id = %(id)s",
    "DELETE FROM logins WHERE customer_id = %(id)s",
    "DELETE FROM visits WHERE email = %(email)s",
    "DELETE FROM reports WHERE employee_id IN (SELECT id FROM employees WHERE email = %(email)s)",
    "DELETE FROM employees WHERE email = %(email)s",
    "UPDATE reviews SET author = '-', text = NULL, tag = md5(tag) WHERE customer_id = %(id)s",
    "DELETE FROM subscriptions WHERE phone = %(phone)s",
    "DELETE FROM invoices WHERE customer_id = %(id)s",
    "DELETE FROM customers WHERE id = %(id)s",
    (
        "DELETE FROM addresses a WHERE id = ANY(%(homes)s)"
        " AND NOT EXISTS (SELECT 1 FROM customers WHERE address_id = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM payment_cards WHERE billing_address_id = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE shipping_address_id = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM employees WHERE address_id = a.id)"
    ),
)
Known = dict[str, Any]


class ByHand:
    """One connection to the shop."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn)

    def access(self, who: Known) -> list[tuple[Any, ...]]:
        """Read everything of somebody."""
        with self._connection.transaction():
            return [row for told in ACCESS for row in self._run(told, self._whole(who))]

    def erase(self, who: Known) -> int:
        """Erase somebody in one transaction, then look again everywhere; return what is left."""
        with self._connection.transaction():
            whole = self._whole(who)
            for told in ERASE:
                self._connection.execute(told, whole)
        with self._connection.transaction():
            return sum(len(self._run(told, whole)) for told in ACCESS)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _whole(self, who: Known) -> Known:
        return {**who, "homes": [row[0] for row in self._run(HOMES, who)]}

    def _run(self, told: str, values: Known) -> list[tuple[Any, ...]]:
        return self._connection.execute(told, values).fetchall()

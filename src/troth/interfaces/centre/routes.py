"""The addresses of the privacy centre, all for whoever is signed in."""

from typing import Final

from troth.interfaces.centre import (
    asking,
    consents,
    correcting,
    identity,
    leaving,
    looking,
    mine,
    security,
)
from troth.interfaces.pages.binding import Addresses

CENTRE: Final = Addresses(
    read=(
        ("/me", mine.mine),
        ("/me/correct", correcting.form),
        ("/me/contact", correcting.contact_form),
        ("/me/password", security.password_form),
        ("/me/trail", looking.trail),
        ("/me/consents", consents.consents),
        ("/me/consents/receipt", consents.receipt),
        ("/me/copy", leaving.copy_form),
        ("/me/requests", asking.requests),
        ("/me/realname", identity.form),
        ("/me/cancel", leaving.plan),
        ("/me/sessions", security.sessions),
    ),
    change=(
        ("/me/show", mine.show_values),
        ("/me/correct", correcting.correct),
        ("/me/contact", correcting.send_contact_code),
        ("/me/contact/code", correcting.bind),
        ("/me/password", security.change_password),
        ("/me/consents", consents.say),
        ("/me/copy", leaving.take_copy),
        ("/me/requests", asking.ask),
        ("/me/realname", identity.verify),
        ("/me/cancel", leaving.cancel),
        ("/me/sessions", security.end_one),
    ),
)

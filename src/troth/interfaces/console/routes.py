"""The addresses of the console, all for staff."""

from typing import Final

from troth.interfaces.console import desk
from troth.interfaces.pages.binding import Addresses

CONSOLE: Final = Addresses(
    read=(
        ("/desk", desk.desk),
        ("/desk/sign-in", desk.sign_in_form),
    ),
    change=(
        ("/desk/sign-in", desk.sign_in),
        ("/desk", desk.look),
    ),
)

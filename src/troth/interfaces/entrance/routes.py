"""The addresses of the entrance."""

from typing import Final

from troth.interfaces.entrance import reading, register, signing, stopping
from troth.interfaces.pages.binding import Addresses

ENTRANCE: Final = Addresses(
    read=(
        ("/", reading.home),
        ("/policy", reading.policy),
        ("/policy/collected", reading.collected),
        ("/policy/shared", reading.shared),
        ("/policy/changes", reading.changes),
        ("/cookies", reading.cookies),
        ("/clauses", reading.board),
        ("/clauses/{name:str}", reading.clause),
        ("/static/{name:str}", reading.asset),
        ("/register", register.form),
        ("/registration", register.form),
        ("/sign-in", signing.form),
        ("/sign-in/code", signing.code_form),
        ("/recover", signing.recovery_form),
    ),
    change=(
        ("/register", register.begin),
        ("/register/codes", register.finish),
        ("/sign-in", signing.sign_in),
        ("/sign-in/code", signing.send_code),
        ("/sign-in/enter", signing.sign_in_with_code),
        ("/recover", signing.send_recovery),
        ("/recover/code", signing.recover),
        ("/sign-out", signing.sign_out),
    ),
    by_link=(("/stop/{token:str}", stopping.stop_form, stopping.stop),),
)

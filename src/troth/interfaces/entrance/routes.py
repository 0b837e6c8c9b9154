"""The addresses of the entrance."""

from typing import Final

from troth.interfaces.entrance import (
    asking,
    certified,
    choosing,
    editions,
    guardians,
    halfway,
    lists,
    proving,
    reading,
    register,
    signing,
    stopping,
)
from troth.interfaces.pages import choice
from troth.interfaces.pages.binding import Addresses

ENTRANCE: Final = Addresses(
    read=(
        ("/", reading.home),
        ("/policy", editions.policy),
        ("/policy/collected", lists.collected),
        ("/policy/collected.csv", lists.collected_csv),
        ("/policy/shared", lists.shared),
        ("/policy/shared.csv", lists.shared_csv),
        ("/policy/changes", editions.changes),
        ("/policy/editions", editions.editions),
        ("/policy/editions/{name:str}", editions.one_edition),
        ("/cookies", choosing.cookies),
        ("/cookies/banner.js", choosing.script),
        (certified.PLACE, certified.certified),
        ("/clauses", reading.board),
        ("/clauses/{name:str}", reading.clause),
        ("/static/{name:str}", reading.asset),
        (asking.PLACE, asking.form),
        (proving.PLACE, proving.form),
        ("/register", register.form),
        ("/registration", register.form),
        ("/sign-in", signing.form),
        ("/sign-in/code", signing.code_form),
        ("/recover", signing.recovery_form),
        (guardians.REQUEST, guardians.request_form),
        (guardians.MINORS, guardians.minor_form),
        (f"{guardians.MINORS}/{{token:str}}", guardians.step_form),
    ),
    change=(
        ("/register", register.begin),
        ("/register/codes", register.finish),
        ("/sign-in", signing.sign_in),
        ("/sign-in/code", signing.send_code),
        ("/sign-in/enter", signing.sign_in_with_code),
        ("/sign-in/second", halfway.finish),
        ("/sign-in/passkey", halfway.by_passkey),
        ("/recover", signing.send_recovery),
        ("/recover/code", signing.recover),
        (guardians.REQUEST, guardians.ask),
        (guardians.MINORS, guardians.minor_asks),
        (f"{guardians.MINORS}/{{token:str}}", guardians.take_step),
        (proving.PLACE, proving.prove),
        ("/sign-out", signing.sign_out),
    ),
    cookieless=((choice.TAKEN, choosing.choose), (asking.PLACE, asking.ask)),
    by_link=(("/stop/{token:str}", stopping.stop_form, stopping.stop),),
)

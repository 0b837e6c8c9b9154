"""A copy to take along, and the end of an account: plan, proof, certificate (6.4, 9.1, 9.4)."""

from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    download,
    end_session,
    house,
    show,
    tongue,
)
from troth.model.errors import BadInput


def copy_form(request: Call) -> Page:
    """Say what a copy holds and what it leaves out."""
    who = me(request)
    return show(request, "centre/copy.html", holdings=house(request).gate.inventory(who.subject))


def _copy(request: Call, form: Form, who: Me) -> Page:
    del form
    copy = house(request).rights.copy(who.subject, by=who.by)
    data = copy.archive.reveal_raw()
    packed = data if isinstance(data, bytes) else data.encode()
    return download(request, packed, "my-data.zip", "application/zip")


take_copy = proved(_copy, why="step.copy", place="/me/copy")


def plan(request: Call) -> Page:
    """Say what an end of the account would do, before anything happens."""
    who = me(request)
    return show(request, "centre/cancel.html", plan=house(request).accounts.closing_plan(who.token))


def _cancel(request: Call, form: Form, who: Me) -> Page:
    if not form.ticked("understood"):
        trouble = tongue(request).trouble(BadInput("not confirmed", field="understood"))
        what = house(request).accounts.closing_plan(who.token)
        return show(
            request,
            "centre/cancel.html",
            status=422,
            place="/me/cancel",
            plan=what,
            troubles=(trouble,),
        )
    certificate = house(request).accounts.close(who.token)
    end_session(request)
    region = who.subject.region
    return show(
        request, "centre/certificate.html", place="/", certificate=certificate, region=region
    )


cancel = proved(_cancel, why="step.cancel", place="/me/cancel")

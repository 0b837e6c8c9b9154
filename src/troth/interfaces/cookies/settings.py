"""The page of all cookies on a site that is not the house's own, without a script (policy 3.1)."""

from html import escape

from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import Place
from troth.interfaces.cookies.script import STYLE
from troth.interfaces.cookies.words import say
from troth.model.cookies import ESSENTIAL, Decision, Register, Technology

TAGS = {"zh": "zh-CN", "en": "en"}


def page(register: Register, decision: Decision, place: Place, *, home: str, told: str = "") -> str:
    """Return the page: what was chosen, the form to change it, and every entry of the register.

    ``told`` is what went wrong, if anything did.
    """
    language = place.language
    title = escape(say("settings", language))
    said = told or banner.summary(register, decision, language) or say("unchosen", language)
    signal = banner.honoured(register, decision, language)
    rows = "".join(_row(register, one, language) for one in register.technologies)
    heads = "".join(
        f'<th scope="col">{escape(say(f"col.{name}", language))}</th>'
        for name in ("name", "what", "for", "whose", "life")
    )
    return (
        f'<!doctype html><html lang="{TAGS[language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="{home}/{STYLE.name}"></head>'
        f'<body class="tc tc-page"><main><h1>{title}</h1>'
        f'<p role="status">{escape(said)}</p>{f"<p>{escape(signal)}</p>" if signal else ""}'
        f'<form method="post" action="{escape(place.action)}">'
        f"{banner.controls(register, decision, place, folded=False)}</form>"
        f'<div class="tc-list" tabindex="0" role="region" aria-label="{title}"><table><thead>'
        f"<tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p><a href="/">{escape(say("home", language))}</a></p></main></body></html>'
    )


def _row(register: Register, one: Technology, language: str) -> str:
    purpose = register.purposes.get(one.category, {}).get(language, "")
    needed = say("needed", language)
    cells = (
        f"<code>{escape(one.name)}</code>",
        escape(one.words.get(language, "")),
        escape(needed if one.category == ESSENTIAL else purpose or one.category),
        escape(one.who.get(language) or say("ours", language)),
        escape(say("days", language, days=one.days) if one.days else say("window", language)),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"

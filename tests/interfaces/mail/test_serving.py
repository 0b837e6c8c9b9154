"""What takes mail runs as the settings say, into the house itself (9.1b)."""

import mailbox
import smtplib
from pathlib import Path

import pytest

from tests.documents.intake.hostile import OURS, SENDER, attached, bomb, mail, picture
from tests.interfaces.conftest import Instance
from troth.app import Troth, settings
from troth.interfaces.cli.serving import free_port
from troth.interfaces.mail import serving
from troth.model.errors import Misconfigured


def opened(instance: Instance, **told: object) -> Troth:
    named = {f"TROTH_INTAKE_{name.upper()}": str(value) for name, value in told.items()}
    return Troth(settings.load(instance.folder, named))


def test_a_mail_over_smtp_becomes_a_request_in_the_house(instance: Instance) -> None:
    port = free_port("127.0.0.1", 22525)
    with opened(instance, address=OURS, port=port) as troth, serving.taking_mail(troth) as reads:
        assert reads == ()
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.sendmail(SENDER, OURS, mail())
                with pytest.raises(smtplib.SMTPRecipientsRefused):
                    client.sendmail(SENDER, "other@troth.example", mail())
        assert len(requests(troth)) == 1


def test_a_mail_in_a_folder_becomes_a_request_in_the_house(
    instance: Instance, tmp_path: Path
) -> None:
    box = mailbox.Maildir(tmp_path / "mail", create=True)
    box.add(attached((picture(), "image/jpeg", "a.jpg"), (bomb(), "application/zip", "b.zip")))
    with (
        opened(instance, address=OURS, maildir=tmp_path / "mail") as troth,
        serving.taking_mail(troth) as reads,
    ):
        for read in (*reads, *reads):
            read()
        ((kind, number),) = requests(troth)
        assert kind == "delete"
        held = troth.gate.standing(troth.rights.desk.find(number)).held
        assert "rights.letter" in held


def test_without_settings_nothing_listens(instance: Instance) -> None:
    with opened(instance) as troth, serving.taking_mail(troth) as reads:
        assert reads == ()


@pytest.mark.parametrize("told", [{"port": 2525}, {"maildir": "x"}], ids=str)
def test_mail_is_taken_for_an_address_or_not_at_all(
    instance: Instance, told: dict[str, object]
) -> None:
    with (
        opened(instance, **told) as troth,
        pytest.raises(Misconfigured),
        serving.taking_mail(troth),
    ):
        pass


def test_a_library_that_is_missing_is_named(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(serving, "import_module", missing)
    with (
        opened(instance, address=OURS, port=2525) as troth,
        pytest.raises(Misconfigured, match=r"troth\[mail\]"),
        serving.taking_mail(troth),
    ):
        pass


def requests(troth: Troth) -> list[tuple[str, str]]:
    return [
        (kind, number)
        for rooms in troth.gate.regions.values()
        for kind, number in rooms.store.query("SELECT kind, number FROM requests")
    ]

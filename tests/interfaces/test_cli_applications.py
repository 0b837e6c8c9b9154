"""Applications at the command line: entered, listed, given new secrets, ended."""

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import changed, said
from troth.app import open as opened
from troth.model.errors import NotProved
from troth.model.secret import Secret

TOLD = {
    "--name": "Shop",
    "--operator": "Shop Ltd",
    "--contact": "privacy@shop.example",
    "--recipient": "affiliates-cn",
    "--redirect": "https://shop.example/back",
}


def add(instance: Instance, *more: str, **told: str):
    words = TOLD | {f"--{name}": word for name, word in told.items()}
    options = [part for pair in words.items() for part in pair]
    return said("applications", "add", instance.folder, *options, *more, "--json")


def test_an_application_is_entered_with_what_its_operator_needs(instance: Instance) -> None:
    made = add(instance, "--fact", "standard_contract", scopes="openid, email").data
    assert made.keys() == {"id", "secret", "sector", "issuer"}
    assert (made["sector"], made["issuer"]) == ("shop.example", "http://localhost:8420")
    (listed,) = said("applications", "list", instance.folder, "--json").data
    assert (listed["id"], listed["scopes"]) == (made["id"], ["openid", "email"])
    assert listed["facts"] == ["standard_contract"]
    assert made["secret"] not in str(listed)
    with opened(instance.folder) as troth:
        assert troth.applications.proved(made["id"], Secret(made["secret"])).name == "Shop"


def test_one_that_keeps_no_secret_is_given_none(instance: Instance) -> None:
    assert add(instance, "--public").data["secret"] == ""


def test_a_new_secret_takes_the_place_of_the_old(instance: Instance) -> None:
    made = add(instance).data
    renewed = said("applications", "renew", instance.folder, made["id"], "--json").data
    assert renewed["secret"] != made["secret"]
    with opened(instance.folder) as troth:
        troth.applications.proved(made["id"], Secret(renewed["secret"]))
        with pytest.raises(NotProved):
            troth.applications.proved(made["id"], Secret(made["secret"]))


def test_an_ended_one_stays_in_the_list(instance: Instance) -> None:
    name = add(instance).data["id"]
    assert said("applications", "end", instance.folder, name, "--json").data == {"ended": name}
    (listed,) = said("applications", "list", instance.folder, "--json").data
    assert listed["ended_at"]
    assert "Shop" in said("applications", "list", instance.folder).out
    again = said("applications", "end", instance.folder, name)
    assert again.code == 2


def test_what_is_wrong_is_said_with_why_and_what_to_do(instance: Instance) -> None:
    for told in (
        {"recipient": "nobody"},
        {"recipient": "cloud-infra"},
        {"redirect": "http://shop.example/back"},
        {"scopes": "email"},
        {"scopes": "openid,calendar"},
        {"backchannel": "http://shop.example/out"},
    ):
        refused = add(instance, **told)
        assert refused.code == 2, told
        assert "do:" in refused.err


def test_a_house_that_is_not_known_by_an_address_enters_none(instance: Instance) -> None:
    changed(instance.folder, '\nhost = "127.0.0.1"', '\nhost = "0.0.0.0"')
    refused = add(instance)
    assert refused.code == 4
    assert "origin" in refused.err
    assert said("applications", "rekey", instance.folder).code == 4


def test_keys_are_replaced_at_a_word(instance: Instance) -> None:
    add(instance)
    kids = {said("applications", "rekey", instance.folder, "--json").data["kid"] for _ in range(2)}
    assert len(kids) == 2
    with opened(instance.folder) as troth:
        assert {key.kid for key in troth.applications.keys.published()} < kids

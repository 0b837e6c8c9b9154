"""A new instance's ``troth.toml``: every key there is, those with a default as comments (2.4, 7.1).

What it shows must be valid as it stands and with every comment taken away; tests read it both ways.
"""

import json
from collections.abc import Mapping
from typing import Final

import msgspec

from troth.app.settings import RegionSettings

NO_AUTHORITY: Final = (
    '# authority = "https://identity.example.com/check"  # or "fake", for trials only'
)
TEMPLATE: Final = """\
# One instance of Troth. Any key can be overridden by a variable: TROTH_<SECTION>_<KEY>, or
# TROTH_REGIONS_<NAME>_<KEY>. Secrets stand here by reference only: "env:NAME" or "file:PATH".
# Relative paths start at this file's folder. `troth doctor` checks all of it.

[instance]
name = {name}  # part of every seal and of the ledger's origin: never change it
policy = {policy}
home = "global"  # the region that keeps the policy, staff and service keys
# epoch_days = 7  # how long an erased key may survive anywhere

{regions}
[email]
# host = "smtp.example.com"  # without one, mail is written to the spool folder
# port = 587
# sender = "privacy@example.com"
# username = "privacy"
# password = "env:SMTP_PASSWORD"
# codes_per_hour = 5000  # one-time codes by mail, all in all

[sms]
# gateway = "https://sms.example.com/send"
# secret = "env:SMS_SECRET"
# codes_per_hour = 1000  # one-time codes to telephones, all in all

[telephone]
# desk = true  # calls wait sealed for staff; false: written to the spool, in the clear

[passwords]
# breached = "breached.txt"  # sorted SHA-1 of stolen passwords, a line for each
# failures_per_hour = 3000  # sign-ins that may fail before only known networks are let in

[identity]
{identity}
# secret = "env:IDENTITY_SECRET"
# shape = "provider.toml"  # how the provider there is asked; without one, a bridge of your own
# callback_secret = "env:IDENTITY_CALLS"  # what its calls are signed with
# checks = ["person_2"]
# fields = ["valid_from=identity.valid_from"]
# asks_per_day = 10000  # each may cost

[minors]
# consent_days = 15  # how long a guardian's consent is waited for
# erase_days = 15  # how long at most a child's data that was found is set aside
# again_hours = 24  # when a guardian who answers by mail alone is written to again

[rights]
# internal_days = 20  # within how many days you mean to answer a request
# alarm_days = 5  # how long before its legal day an alarm rings
# cooling_days = 2  # how long a copy or an erasure waits that was proved without a sign-in
# desk_email = "desk@example.com"  # where alarms go besides the console
# calendar = "working-days.toml"  # China's working days of years to come

[intake]
# address = "privacy@example.com"  # where mail with requests is taken
# port = 2525  # a mail server of ours, on loopback; 0: none
# host = "127.0.0.1"
# maildir = "/var/mail/privacy"  # or a folder that your mail server delivers to
# max_size = 5242880
# residence = "*"  # where whoever does not say is taken to live
# business = "EXAMPLE"  # our id with the Data Rights Protocol: agents may ask
# domain = "account.example.com"  # whose certificate signs answers to other controllers
# certificate = "opendsr.pem"
# certificate_key = "file:opendsr.key"
# callbacks = ["https://controller.example.com"]  # where those may be told of a state

[webhooks]
# networks = ["10.0.0.0/8"]  # of your own, that may be posted to; else public addresses only
# endpoints = {{ crm = {{ url = "https://crm.example.com/hook", secret = "env:CRM_SECRET" }} }}
# recipients = {{ partners = {{ url = "https://a.example.org/", secret = "env:PARTNER_SECRET" }} }}

[cookies]
# origins = ["https://www.example.com"]  # sites of yours that have the banner by its script

[databases]
# map = "databases.yaml"  # where personal data lies in your other databases
# urls = ["shop=env:SHOP_URL"]  # their addresses, where the map has none
# patience = 10  # seconds they are waited for; whoever is silent is asked again later
# ours = ["support", "rights"]  # what lies in none of them: all else has to be in the map
# logs = ["/var/log/shop"]  # folders that are looked through for what was erased

[server]
host = "127.0.0.1"
port = 8420
# trusted_proxies = ["127.0.0.1/32"]
# secure = true  # people reach it over TLS, at a proxy
# origin = "https://account.example.com"  # the address that people see: passkeys need it
# max_body = 1048576
# max_upload = 8388608
# requests_per_minute = 600
"""


def template(
    name: str, policy: str, regions: Mapping[str, RegionSettings], identity: str = ""
) -> str:
    """Write a new instance's ``troth.toml``."""
    asked = f"authority = {_quoted(identity)}" if identity else NO_AUTHORITY
    parts = []
    for region, place in regions.items():
        lines = [f"[regions.{region}]"]
        lines += [f"{key} = {_quoted(value)}" for key, value in msgspec.to_builtins(place).items()]
        parts.append("\n".join(lines) + "\n\n")
    laid = "".join(parts).rstrip("\n") + "\n"
    return TEMPLATE.format(name=_quoted(name), policy=_quoted(policy), regions=laid, identity=asked)


def _quoted(text: str) -> str:
    """Write a text as TOML reads it: as JSON does."""
    return json.dumps(text, ensure_ascii=False)

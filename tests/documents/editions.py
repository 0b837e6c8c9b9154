"""A small edition for tests of documents: a few fields, purposes and rules, all real structs."""

from troth.model.clock import moment
from troth.policy.edition import (
    Ages,
    Category,
    Controller,
    Edition,
    Flag,
    Head,
    Purpose,
    Recipient,
    Residence,
    Retention,
    RightRule,
    Rule,
)

SMALL = Edition(
    policy=Head(id="small", edition="2023-05-31", effective=moment("2023-05-31")),
    controller=Controller(legal_name="Small Ltd", country="HK", contact="privacy@small.example"),
    residences={
        "CN": Residence(region="cn", regimes=("cn",)),
        "EEA": Residence(region="global", regimes=("eu",)),
        "US": Residence(region="global", regimes=("us",)),
        "*": Residence(region="global", regimes=("cn",)),
    },
    ages=Ages(admit=18, child={"cn": 14, "eu": 16, "us": 13, "ca": 13}),
    categories={
        "contact.email": Category(en="E-mail", zh="电子邮箱", same_as="pd:EmailAddress"),
        "identity.id_number": Category(
            en="ID number", zh="身份证号", sensitive=Flag(clause=("2.3a",))
        ),
    },
    purposes={
        "marketing": Purpose(en="Advertising", zh="营销", same_as="dpv:DirectMarketing"),
        "realname": Purpose(en="Identity", zh="实名认证"),
    },
    recipients={
        "id-authority": Recipient(
            en="Authority", zh="认证机构", kind="service_provider", role="controller", country="CN"
        )
    },
    rules={
        "r-marketing": Rule(
            id="r-marketing",
            verb="permit",
            operations=("collect", "use"),
            categories=("contact",),
            purposes=("marketing",),
        ),
        "r-share": Rule(
            id="r-share",
            verb="permit",
            operations=("share",),
            categories=("identity",),
            purposes=("realname",),
            to=("id-authority",),
        ),
    },
    retention=(Retention(categories=("contact",), keep="P0D", start="account_closed"),),
    rights={
        "withdraw": RightRule(en="", zh="", handler="self_service", regimes=("cn", "eu")),
        "limit_sensitive": RightRule(en="", zh="", handler="self_service", regimes=("ca",)),
    },
)

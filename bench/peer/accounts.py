"""django-allauth registering people and signing them in, through its own views, in one process.

Set up the way that is fastest for it: no mail is waited for, no rate limits, SQLite with WAL. The
password is hashed with the parameters we use, so that what differs is everything but the hash.
"""

from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.test import Client
from django.urls import include, path


class SameCost(Argon2PasswordHasher):
    """Argon2id at the cost our accounts pay: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1


urlpatterns: list[object] = []
"""Filled once Django stands: its own URL module cannot be imported before."""


class Site:
    """A Django project with nothing in it but accounts."""

    def __init__(self, folder: Path) -> None:
        settings.configure(
            SECRET_KEY="bench",
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["testserver"],
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sessions",
                "django.contrib.messages",
                "allauth",
                "allauth.account",
            ],
            MIDDLEWARE=[
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
                "allauth.account.middleware.AccountMiddleware",
            ],
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages",
                        ]
                    },
                }
            ],
            AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
            PASSWORD_HASHERS=[f"{__name__}.SameCost"],
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.sqlite3",
                    "NAME": str(folder / "allauth.db"),
                    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
                }
            },
            EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
            ACCOUNT_LOGIN_METHODS={"email"},
            ACCOUNT_SIGNUP_FIELDS=["email*", "password1*", "password2*"],
            ACCOUNT_EMAIL_VERIFICATION="none",
            ACCOUNT_RATE_LIMITS=False,
            LOGIN_REDIRECT_URL="/",
            USE_TZ=True,
        )
        django.setup()
        self._open()

    def _open(self) -> None:
        urlpatterns.append(path("accounts/", include("allauth.urls")))
        call_command("migrate", verbosity=0)

    def register(self, email: str, password: str) -> None:
        """Open an account, as the sign-up page does."""
        told = Client().post(
            "/accounts/signup/", {"email": email, "password1": password, "password2": password}
        )
        self._demand(told.status_code)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in, as the log-in page does."""
        told = Client().post("/accounts/login/", {"login": email, "password": password})
        self._demand(told.status_code)

    def pair(self, email: str, password: str) -> None:
        """Open an account and sign in to it."""
        self.register(email, password)
        self.sign_in(email, password)

    @staticmethod
    def _demand(status: int) -> None:
        if status != 302:
            raise RuntimeError(f"the peer answered {status}")

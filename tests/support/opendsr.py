"""A request as another controller writes it in OpenDSR 2.0."""

ID = "a7551968-d5d6-44b2-9831-815ac9017798"
MAIL = {"identity_type": "email", "identity_value": "li.na@mail.example", "identity_format": "raw"}


def request(**changes: object) -> dict[str, object]:
    """Return an erasure that somebody asked for on 20 November 2026, changed as told."""
    told: dict[str, object] = {
        "regulation": "gdpr",
        "subject_request_id": ID,
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [MAIL],
        "api_version": "2.0",
    }
    return told | changes

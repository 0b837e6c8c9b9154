"""Whom to ask whether to renew is found by the day, on either database."""

from troth.documents.consents.asking import RENEW_DAYS
from troth.documents.consents.renewals import FORGET, NOTE, Renewals
from troth.model.clock import DAY, Moment
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

CN = Region("cn")


def noted(store: Store, subject: SubjectId, key: str, ends: int) -> None:
    store.transact(lambda tx: tx.run(NOTE, (subject, key, ends)))


def test_a_consent_is_asked_about_thirty_days_before_it_ends(data_store: Store, at: Moment) -> None:
    subject, renewals = SubjectId.new(CN), Renewals({CN: data_store})
    noted(data_store, subject, "marketing", at + RENEW_DAYS * DAY)
    assert renewals.due(Moment(at - 1)) == []
    assert renewals.due(at) == [(subject, "marketing")]
    renewals.drop(subject, "marketing")
    assert renewals.due(at) == []


def test_one_that_was_given_anew_is_asked_about_later(data_store: Store, at: Moment) -> None:
    subject, renewals = SubjectId.new(CN), Renewals({CN: data_store})
    for days in (RENEW_DAYS, RENEW_DAYS + 365):
        noted(data_store, subject, "marketing", at + days * DAY)
    assert renewals.due(at) == []
    assert renewals.due(Moment(at + 365 * DAY)) == [(subject, "marketing")]


def test_what_is_noted_goes_with_its_subject(data_store: Store, at: Moment) -> None:
    gone, stays = SubjectId.new(CN), SubjectId.new(CN)
    for subject in (gone, stays):
        noted(data_store, subject, "marketing", at)
    data_store.transact(lambda tx: tx.run(FORGET, (gone,)))
    assert Renewals({CN: data_store}).due(at) == [(stays, "marketing")]

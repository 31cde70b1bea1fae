"""Voices are kept only with consent, apart from the store, and can be deleted."""

import pytest

from convo.database.profiles import forget_profile, keep_profile, list_profiles, read_profile
from convo.errors import SessionError, StoreError


def test_a_voice_comes_back_as_it_was_kept(tmp_path):
    keep_profile(tmp_path, "Zoë / 山田", "pair", (0.6, 0.8), "campplus-192", "agreed 13 Jan 2026")
    profile = read_profile(tmp_path, "Zoë / 山田", "pair")
    assert profile is not None
    assert (profile.voice, profile.consent) == ((0.6, 0.8), "agreed 13 Jan 2026")
    assert [p.name for p in list_profiles(tmp_path)] == ["Zoë / 山田"]


@pytest.mark.parametrize("consent", ["", "  \n"])
def test_no_consent_no_voice(tmp_path, consent):
    with pytest.raises(SessionError, match="only with recorded consent"):
        keep_profile(tmp_path, "Maeve", "pair", (1.0,), "campplus-192", consent)
    assert list(tmp_path.iterdir()) == []


def test_a_forgotten_voice_leaves_no_file(tmp_path):
    keep_profile(tmp_path, "Maeve", "pair", (1.0,), "campplus-192", "yes")
    forget_profile(tmp_path, "Maeve")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SessionError, match="no voice of 'Maeve'"):
        forget_profile(tmp_path, "Maeve")


def test_a_damaged_profile_says_which_file(tmp_path):
    path = keep_profile(tmp_path, "Maeve", "pair", (1.0,), "campplus-192", "yes")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match=path.name):
        read_profile(tmp_path, "Maeve", "pair")


def test_a_voice_is_not_looked_for_in_the_sessions_of_others(tmp_path):
    keep_profile(tmp_path, "coach", "coach with Ann", (1.0,), "campplus-192", "yes")
    assert read_profile(tmp_path, "coach", "coach with Ben") is None

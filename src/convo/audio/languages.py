"""The languages that Whisper knows, by code and English name."""

from __future__ import annotations

from convo.errors import ConfigError, did_you_mean

_NAMES = """
en english; zh chinese; de german; es spanish; ru russian; ko korean; fr french; ja japanese; pt
portuguese; tr turkish; pl polish; ca catalan; nl dutch; ar arabic; sv swedish; it italian; id
indonesian; hi hindi; fi finnish; vi vietnamese; he hebrew; uk ukrainian; el greek; ms malay; cs
czech; ro romanian; da danish; hu hungarian; ta tamil; no norwegian; th thai; ur urdu; hr
croatian; bg bulgarian; lt lithuanian; la latin; mi maori; ml malayalam; cy welsh; sk slovak; te
telugu; fa persian; lv latvian; bn bengali; sr serbian; az azerbaijani; sl slovenian; kn kannada;
et estonian; mk macedonian; br breton; eu basque; is icelandic; hy armenian; ne nepali; mn
mongolian; bs bosnian; kk kazakh; sq albanian; sw swahili; gl galician; mr marathi; pa punjabi; si
sinhala; km khmer; sn shona; yo yoruba; so somali; af afrikaans; oc occitan; ka georgian; be
belarusian; tg tajik; sd sindhi; gu gujarati; am amharic; yi yiddish; lo lao; uz uzbek; fo
faroese; ht haitian creole; ps pashto; tk turkmen; nn nynorsk; mt maltese; sa sanskrit; lb
luxembourgish; my myanmar; bo tibetan; tl tagalog; mg malagasy; as assamese; tt tatar; haw
hawaiian; ln lingala; ha hausa; ba bashkir; jw javanese; su sundanese; yue cantonese
"""
_OTHER_NAMES = """
my burmese; ca valencian; nl flemish; ht haitian; lb letzeburgesch; ps pushto; pa panjabi; ro
moldavian; ro moldovan; si sinhalese; es castilian; zh mandarin
"""


def _table(text: str) -> dict[str, str]:
    """Name -> code."""
    entries = (entry.strip().partition(" ") for entry in text.replace("\n", " ").split(";"))
    return {name: code for code, _, name in entries}


_CODE_OF = _table(_OTHER_NAMES) | _table(_NAMES)
LANGUAGES = {code: name for name, code in _table(_NAMES).items()}
"""Code -> English name."""


def check_language(code: str) -> str:
    """The code of a language given by code or English name.

    Raises:
        ConfigError: Whisper does not know it.

    >>> check_language("en"), check_language("English"), check_language(" German ")
    ('en', 'en', 'de')
    """
    wanted = code.strip().lower()
    if wanted in LANGUAGES:
        return wanted
    if wanted in _CODE_OF:
        return _CODE_OF[wanted]
    known = [*_CODE_OF, *LANGUAGES]
    hint = did_you_mean(wanted, known)
    if hint.startswith("known"):
        hint = "give a code such as en, de or es, or nothing to have it detected"
    raise ConfigError(f"{code!r} is not a language that Whisper knows: {hint}")

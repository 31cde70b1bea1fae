"""SCORED: the pipeline against transcripts and readings that others made (``convo score``)."""

from convo.evaluation.activities import ActivityScore, score_activities
from convo.evaluation.cases import Cases, SpeechCase, TalkCase, read_cases
from convo.evaluation.codes import CodesScore, score_codes
from convo.evaluation.layout import Table
from convo.evaluation.recorded import RecordedScore, score_recorded
from convo.evaluation.report import tables, to_json
from convo.evaluation.speech import Recognise, SpeechResult, SpeechScore, score_speech
from convo.evaluation.talk import Segmenter, TalkScore, score_talk

__all__ = [
    "ActivityScore",
    "Cases",
    "CodesScore",
    "Recognise",
    "RecordedScore",
    "Segmenter",
    "SpeechCase",
    "SpeechResult",
    "SpeechScore",
    "Table",
    "TalkCase",
    "TalkScore",
    "read_cases",
    "score_activities",
    "score_codes",
    "score_recorded",
    "score_speech",
    "score_talk",
    "tables",
    "to_json",
]

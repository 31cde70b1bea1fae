"""Fitting the network: sessions one by one, roughened anew each time; weights averaged."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from convo.conversation.cues import PhaseCue
from convo.encoder.inputs import (
    LISTENING,
    MASK,
    PLACE,
    PLAIN_FEATURES,
    WINDOW,
    Tokens,
    features,
    windows,
)
from convo.training.corpus import NO_CODE, PHASES, Lesson, MarkedSession, roughened
from convo.training.network import PhaseNetwork


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network learns; found on the talk cases with readers, which it never learns from.

    ``hide_place`` and ``hide_cues`` are how often a session shows nothing of where its turns lie
    and of its cues: real talk is ordered and worded less neatly than the written one.
    """

    epochs: int = 4
    encoder_rate: float = 3e-4
    head_rate: float = 1e-3
    sessions_a_step: int = 2
    smoothing: float = 0.05
    masked: float = 0.12
    hide_place: float = 0.3
    hide_cues: float = 0.2
    listening_weight: float = 0.3
    starts_weight: float = 0.3
    codes_weight: float = 0.3
    kept_average: float = 0.98
    seed: int = 0


Report = Callable[[int, float, PhaseNetwork], None]


def fit(
    sessions: Sequence[MarkedSession],
    cues: Sequence[PhaseCue],
    tokens: Callable[[str], Tokens],
    recipe: Recipe,
    report: Report,
) -> PhaseNetwork:
    """The network after all epochs; ``report`` gets epoch, mean loss and the network so far."""
    dice = random.Random(recipe.seed)
    torch.manual_seed(recipe.seed)
    network = PhaseNetwork(len(cues))
    optimizer, schedule = _optimizer(network, recipe, len(sessions))
    learning = {name: one for name, one in network.named_parameters() if one.requires_grad}
    average = {name: value.detach().clone() for name, value in learning.items()}
    steps = 0
    for epoch in range(recipe.epochs):
        network.train()
        order = list(sessions)
        dice.shuffle(order)
        losses: list[float] = []
        for place, session in enumerate(order, start=1):
            loss = _loss(network, roughened(session, dice), cues, tokens, recipe, dice)
            (loss / recipe.sessions_a_step).backward()  # type: ignore[no-untyped-call]
            losses.append(float(loss.detach()))
            if place % recipe.sessions_a_step == 0 or place == len(order):
                nn.utils.clip_grad_norm_(learning.values(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                schedule.step()
                steps += 1
                _follow(average, learning, min(recipe.kept_average, steps / (steps + 10)))
        averaged = copy.deepcopy(network)
        averaged.load_state_dict(average, strict=False)
        report(epoch, float(np.mean(losses)), averaged.eval())
    return averaged.eval()


def _optimizer(network: PhaseNetwork, recipe: Recipe, sessions: int) -> tuple[Any, Any]:
    learning = [weights for weights in network.encoder.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": learning, "lr": recipe.encoder_rate},
            {"params": list(network.head.parameters()), "lr": recipe.head_rate},
        ],
        weight_decay=0.01,
    )
    total = recipe.epochs * -(-sessions // recipe.sessions_a_step)

    def rate(step: int) -> float:
        return min(1.0, (step + 1) / (0.08 * total)) * max(0.02, 1 - step / total)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def _loss(
    network: PhaseNetwork,
    lessons: Sequence[Lesson],
    cues: Sequence[PhaseCue],
    tokens: Callable[[str], Tokens],
    recipe: Recipe,
    dice: random.Random,
) -> Tensor:
    turns = [lesson.turn for lesson in lessons]
    masked = dice.choice([0.0, recipe.masked, recipe.masked])
    pieces = [
        [MASK if dice.random() < masked else piece for piece in tokens(turn.text)] for turn in turns
    ]
    plain = features(turns, cues)
    listening = torch.from_numpy(plain[:, LISTENING] > 0)
    if dice.random() < recipe.hide_place:
        plain[:, PLACE] = 0
    if dice.random() < recipe.hide_cues:
        plain[:, PLAIN_FEATURES:] = 0
    session = windows(turns, pieces, first=dice.randint(40, WINDOW))
    phases, starts, codes = network(session, torch.from_numpy(plain))

    read = torch.tensor([lesson.phases for lesson in lessons])
    wanted = functional.one_hot(read, len(PHASES)).float().mean(1)
    wanted = wanted * (1 - recipe.smoothing) + recipe.smoothing / len(PHASES)
    weight = torch.where(listening, recipe.listening_weight, 1.0)
    wrong = -(wanted * phases.log_softmax(1)).sum(1)
    loss: Tensor = (wrong * weight).sum() / weight.sum()

    begins = torch.zeros(len(lessons))
    begins[1:] = (read[1:] != read[:-1]).float().mean(1)
    rare = torch.tensor(4.0)
    loss = loss + recipe.starts_weight * functional.binary_cross_entropy_with_logits(
        starts, begins, pos_weight=rare
    )
    coded = torch.tensor([lesson.code for lesson in lessons])
    if bool((coded != NO_CODE).any()):
        by_code = functional.cross_entropy(codes, coded, ignore_index=NO_CODE)
        loss = loss + recipe.codes_weight * by_code
    return loss


def _follow(average: dict[str, Tensor], learning: Mapping[str, Tensor], kept: float) -> None:
    with torch.no_grad():
        for name, value in learning.items():
            average[name].mul_(kept).add_(value, alpha=1 - kept)

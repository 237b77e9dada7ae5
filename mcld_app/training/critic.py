"""A small critic of patches, which tells drawn from true pictures: something against softness."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import spectral_norm


class PatchCritic(nn.Module):
    """Scores of patches of 46 pixels (Isola et al., 2017, with spectral norms and the hinge loss of Miyato et al.,
    2018), of pictures together with the places on the body that their pixels show."""

    def __init__(self, planes: int = 7, width: int = 48) -> None:
        super().__init__()
        sizes = (planes, width, 2 * width, 4 * width)
        self.steps = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, stride=2 if n < 2 else 1, padding=1))
            for n, (a, b) in enumerate(itertools.pairwise(sizes))
        )
        self.score = spectral_norm(nn.Conv2d(sizes[-1], 1, 4, padding=1))

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores (B, 1, h, w), and the features below them."""
        features = []
        for step in self.steps:
            pictures = F.leaky_relu(step(pictures), 0.2)
            features.append(pictures)
        return self.score(pictures), features


def criticised(critic: PatchCritic, drawn: Tensor, true: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the critic's opinion costs the drawer, how far the drawer's features are from the truth's (Wang et al.,
    2018), and what the critic's own errors cost. One optimiser may minimise their sum: the first two do not reach the
    critic's weights, nor the third the drawer's."""
    fixed = {name: value.detach() for name, value in critic.named_parameters()}
    fixed |= {name: value.detach().clone() for name, value in critic.named_buffers()}
    with torch.no_grad():
        _, wanted = functional_call(critic, fixed, (true,))
    score, features = functional_call(critic, fixed, (drawn,))
    fooled = -score.mean()
    apart = [(a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in zip(features, wanted, strict=True)]
    near = torch.stack(apart)
    of_true, _ = critic(true)
    of_drawn, _ = critic(drawn.detach())
    own = F.relu(1 - of_true).mean() + F.relu(1 + of_drawn).mean()
    return fooled, near.mean(), own

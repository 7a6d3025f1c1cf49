"""One formula a step of the lesson, with its symbols in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """A formula in lines of LaTeX, and what its symbols are, each as LaTeX and words."""

    lines: tuple[str, ...]
    symbols: tuple[tuple[str, str], ...]


FORMULAS = (
    Formula(
        (r"\hat y_i = f\big(\dots,\; x_{i-1},\; x_i,\; x_{i+1},\; \dots\big)",),
        (
            (r"x_i", "everything that is known of utterance number i: one block of features for "
             "each modality"),
            (r"\hat y_i", "what the model predicts for it, written with a hat because it is an "
             "estimate of the label y"),
            (r"f", "the model; the next steps take it apart"),
        ),
    ),
    Formula(
        (
            r"h_m = \mathrm{norm}\Big( W \sum_t a_t\, u_t + V\, [\bar x, \sigma_x] \Big)",
            r"a = \mathrm{softmax}(w^\top u)",
        ),
        (
            (r"u_t", "what a small convolution makes of the features at step t and its neighbours"),
            (r"a_t", "how much step t counts; all of them add up to 1"),
            (r"\bar x, \sigma_x", "mean and spread of every channel over the steps"),
            (r"W, V, w", "learned weights"),
        ),
    ),
    Formula(
        (
            r"z_m = \mu_m(x) + \sigma_m(x)\,\varepsilon, \qquad "
            r"s_m = \mu'_m(x) + \sigma'_m(x)\,\varepsilon'",
            r"\varepsilon, \varepsilon' \sim \mathcal N(0, I)",
        ),
        (
            (r"z_m", "the invariant code: what modality m is to share with the others"),
            (r"s_m", "the specific code: what only modality m knows"),
            (r"\mu, \sigma", "centre and spread, read from h by small networks"),
            (r"\varepsilon", "fresh noise at every training step; in use it is 0"),
        ),
    ),
    Formula(
        (
            r"I(z_m; z_n) \;\ge\; \ln B + \frac1B \sum_{i=1}^{B} \Big( f_{ii} "
            r"- \tfrac12 \ln \sum_j e^{f_{ij}} - \tfrac12 \ln \sum_j e^{f_{ji}} \Big)",
        ),
        (
            (r"f_{ij}", "the critic's score for the code of utterance i in one modality with that "
             "of utterance j in the other; i = j are the true pairs"),
            (r"B", "how many utterances are in the batch"),
            (r"I", "mutual information in nats: what one code tells about the other; 1 nat is as "
             "much as 1.44 yes-or-no questions"),
        ),
    ),
    Formula(
        (
            r"I(x; z) \;\le\; \frac1B \sum_i \tfrac12 \sum_k "
            r"\big( \mu_{ik}^2 + \sigma_{ik}^2 - 1 - \ln \sigma_{ik}^2 \big)",
            r"I(x; z) \;\le\; \frac1B \sum_i \ln p(z_i \mid x_i) "
            r"- \frac{1}{B(B-1)} \sum_{i \ne j} \ln p(z_j \mid x_i)",
        ),
        (
            (r"\mu_{ik}, \sigma_{ik}", "centre and spread of dimension k of the code of utterance "
             "i; the upper bound in the first line, called VUB, is 0 where they are 0 and 1 as in "
             "the prior, and its inner sum is what the bars of the figure add up to"),
            (r"p(z_j \mid x_i)", "how likely the code of utterance j is if the input was that of "
             "utterance i"),
            (r"B", "utterances in the batch; the bound in the second line is CLUB: true pairs "
             "minus all others"),
        ),
    ),
    Formula(
        (r"\text{token}_{j,m} = A\, z_{j,m} + A_m\, s_{j,m} + r_{j-i} + p_{ij} + e_m",),
        (
            (r"i, j", "the target utterance, and a turn in its window"),
            (r"r_{j-i}", "role: how many turns before or after the target"),
            (r"p_{ij}", "speaker: the same as the target's, another, or unknown"),
            (r"e_m", "modality: text, audio, vision or whatever the corpus has"),
        ),
    ),
    Formula(
        (
            r"\hat y = w^\top c + b",
            r"\varphi_m = \sum_{S \not\ni m} "
            r"\frac{|S|!\,(M-|S|-1)!}{M!} \big( \hat y(S \cup m) - \hat y(S) \big)",
        ),
        (
            (r"c", "what the transformer makes of all tokens: the fused code"),
            (r"\varphi_m", "the Shapley value of modality m: how much the prediction changes when "
             "m joins, averaged over all orders of joining"),
            (r"S", "some of the other modalities, M of them in all"),
        ),
    ),
    Formula(
        (
            r"\text{loss} = \text{task} - \alpha \sum_{m<n} I_{\text{low}}(z_m; z_n) "
            r"+ \beta \sum_m I_{\text{up}}(x_m; z_m)",
            r"{} + \gamma\,\text{separation} + \delta\,\text{reconstruction}",
        ),
        (
            (r"\text{task}", "the error of the predictions"),
            (r"\alpha", "how strongly the codes are pulled together"),
            (r"\beta", "how strongly they are squeezed"),
            (r"\gamma, \delta", "keep s from repeating z, and from forgetting its input"),
        ),
    ),
)  # fmt: skip
"""One a step."""

VECTOR_ENCODER = Formula(
    (r"h_m = \mathrm{norm}\big( W_2\, g(W_1 x) + V x \big)",),
    (
        (r"x", "the features of the utterance, on one scale"),
        (r"g", "a smooth bend at 0 (GELU), without which the network could only draw lines"),
        (r"W_1, W_2, V", "learned weights"),
    ),
)
"""In place of the formula of the second step, for a modality without a sequence."""

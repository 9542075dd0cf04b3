"""What a model's card says of its kind: what it is for, its limits, and privacy."""

from __future__ import annotations

import msgspec


class Texts(msgspec.Struct, frozen=True):
    """The parts of a card that are the same for all models of a kind."""

    use: str
    limits: str
    privacy: str
    latest: str = "sessions"


_FORESEEN_PRIVACY = """\
It learnt from visitor ids, products, kinds of events, times, prices and baskets, devices, sources,
and what a signed-in shopper did in earlier visits; from no name, address or search text, and from
no visitor marked as a bot. The file holds numbers about features and counts of them, nothing of a
single visit. Erasing a shopper does not change a trained model; the next training no longer reads
what was erased with them."""

TEXTS = {
    "recommender": Texts(
        """\
It ranks products for a visitor of this shop by the visitor's latest events, for lists that a
person looks at. It is not meant to judge people, to set prices, or for another shop: its products
are this shop's.""",
        """\
- It foresees what visitors turn to, which is not what they would have bought without a list.
- The scores are of sessions of the past; a list that is shown changes what is looked at next.
- Products that nobody touched rank by what the shop says of them alone.
- It does not know what happened after its last position; retraining does.""",
        """\
It learnt from visitor ids, products, kinds of events, times and seconds of dwelling; from no
name, address or search text, and from no visitor marked as a bot. The file holds numbers about
products, and past sessions as sequences of products without ids of visitors. Erasing a shopper
does not change a trained model; the next training no longer reads what was erased with them.""",
    ),
    "intent": Texts(
        """\
It says how probable it is that a visit to this shop orders, after each of its events and until its
first order, so that help or an offer goes where it pays. It is not meant to judge people, to set
prices for a person, or for another shop.""",
        """\
- A high score says that visits like this one ordered, not that an offer would make it order: what
  an offer changes is the shop's assumption (`offer_uplift`), and only an experiment tells.
- Early in a visit there is little to go by: see the scores after few events.
- It learnt from the latest visits that were over then. When visitors change, it is told to drift.
- The factors of a score say what moved this model, which need not be the cause.""",
        _FORESEEN_PRIVACY,
        "visits",
    ),
    "abandonment": Texts(
        """\
It says how probable it is that the basket of a visit to this shop will be left behind: with
something in it, idle for longer than the shop waits, nothing ordered. It is asked while the
basket holds something. It is not meant to judge people, to set prices for a person, or for another
shop.""",
        """\
- What would have saved a basket it cannot tell: what an offer changes is the shop's assumption
  (`offer_uplift`), and only an experiment tells.
- A basket that is ordered in a later visit counts as left behind, as in the shop's numbers while it
  lies there.
- It learnt from the latest visits that were over then. When visitors change, it is told to drift.
- The factors of a score say what moved this model, which need not be the cause.""",
        _FORESEEN_PRIVACY,
        "visits",
    ),
}
"""By kind of model."""

NONE = Texts("Nobody has written down what this kind is for.", "Unknown.", "Unknown.")

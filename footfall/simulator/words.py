"""Words of the simulated shoppers, all made up."""

from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    *("Ada", "Ben", "Cleo", "Dario", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira"),
    *("Leo", "Mina", "Noor", "Otto", "Pia", "Quinn", "Rosa", "Sami", "Tilda", "Uma", "Vito"),
)
LAST_NAMES: Final = (
    *("Alder", "Birch", "Cedar", "Dale", "Elm", "Field", "Grove", "Heath", "Isle", "Juniper"),
    *("Knoll", "Lake", "Marsh", "North", "Oak", "Pond", "Reed", "Stone", "Thorn", "Vale"),
)
REFERRERS: Final = (
    "",
    "",
    "https://search.example/",
    "https://search.example/",
    "https://social.example/",
    "https://newsletter.example/",
)
PLACEMENTS: Final = ("category", "category", "home", "also-bought", "new")
COMMENTS: Final = {
    1: ("Broke on the second day.", "Not what the picture shows.", "Sent it back."),
    2: ("Smaller than I thought.", "The colour is off.", "Not worth it for me."),
    3: ("It does what it should.", "Fine, nothing special.", "Good, but slow to arrive."),
    4: ("Nice work, would buy again.", "Pretty and useful.", "Good value."),
    5: ("Lovely, I use it every day.", "A perfect present.", "Even nicer than pictured."),
}
"""Comments by rating."""

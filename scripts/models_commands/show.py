"""The command `models.py show`: a model's card."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def show(
    model: Annotated[Path, Argument(help="Model directory.")],
    as_json: Annotated[bool, Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show the card of MODEL, made anew from its verified manifest."""
    from models.artifacts import MANIFEST, load_model
    from models.card import card_text
    from scripts.printing import console

    description, _ = load_model(model)
    if as_json:
        print((model / MANIFEST).read_text(encoding="utf-8"), end="")
        return
    console.print(card_text(description), soft_wrap=True, end="")

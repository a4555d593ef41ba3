"""The command about where a published column comes from.

It reads models.json of the published copy and opens no database.
"""

from typing import Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, open_home, plain


@explains(ValueError)
def lineage(
    column: Annotated[
        str, typer.Argument(metavar="COLUMN", help="schema.model.column, as the data dictionary names it.")
    ],
    ends_only: Annotated[
        bool, typer.Option("--ends", help="Only the columns at which it ends: of feeds, seeds and our own conclusions.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Where a published column comes from: the tree of columns upstream, down to those of delivered feeds.

    Each column is followed once. `rows` says that a value is written down in the model, and which rows carry it is decided upstream.
    Exit 1 when nothing stands behind the column.

    Examples:
      rapporteur lineage reporting.rpt_enforcement_overview__actions.value

      rapporteur lineage --ends contributions.con_enforcement_overview__appeals.amount
    """
    from reports import origins
    from reports.published import published_models

    home = open_home()
    if not home.published_current.exists():
        raise FileNotFoundError(
            f"{home.published_current} is not there: nothing has been published yet. Run `rapporteur run` first."
        )
    models = published_models(home)
    name = origins.find_column(models, column)
    ends = origins.leaves(models, name)
    if as_json:
        found = {"column": name, "feeds": origins.feeds_of(ends), "ends": ends}
        answer_json(found if ends_only else {**found, "tree": plain(origins.tree(models, name))})
    else:
        for line in ends if ends_only else origins.lines(origins.tree(models, name)):
            answer(line)
    if not ends:
        raise typer.Exit(NO)

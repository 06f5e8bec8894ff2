"""``facebank forget``: delete what builds keep of one person, and use nothing of them again."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.lock import held_lock
from facebank.bank.forgotten import Forgotten, read_forgotten, write_forgotten
from facebank.bank.slugs import slug
from facebank.config.load import load_written_config
from facebank.console.answers import answer, answer_json
from facebank.errors import ConfigError
from facebank.forgetting.holdings import delete, find_holdings, inventories
from facebank.forgetting.person import everybody, find_person
from facebank.plan.plan import Plan
from facebank.report.wording import counted

if TYPE_CHECKING:
    from facebank.config.sections import Config
    from facebank.forgetting.holdings import Holding
    from facebank.forgetting.person import Person

__all__ = ["forget"]

#: Where Snakemake keeps its records, in the working directory.
_RECORDS = Path(".snakemake")


def forget(
    slug: str, *, yes: bool = False, configfile: Path = Path("config/config.yaml"), json: bool = False
) -> None:
    """List what builds keep of one person and, with --yes, delete it for good.

    Releases and version folders that say something of the person are deleted whole, and so are shards, logs
    and cache entries. The person's names and the hashes of the photos are added to the file of
    `bank.forgotten`: the next build refuses them under any name, and makes a new release. Photos and videos
    are yours: they are listed, and none is deleted. Copies that stand elsewhere are not known here.

    Parameters
    ----------
    slug
        The person: the identity, an alias of it, or the name of its folder.
    yes
        Delete. Without it, nothing is changed.
    configfile
        The config. What other configs build elsewhere is found with theirs.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If nobody has that name.
    DataError
        If the file that says who is forgotten cannot be read.
    CheckError
        With --yes, if a build is at work on these results: it would write again what is deleted.
    """
    config = load_written_config(configfile)
    plan = Plan(config)
    results = Path(plan.results)
    # Before the lock, which leaves a file: a slip leaves nothing behind.
    person, holdings = _found(slug, plan)
    if yes:
        with held_lock(results / ".logs" / "build.lock"):
            # Again, for a build may have written in between.
            person, holdings = _found(slug, plan)
            write_forgotten(Path(config.bank.forgotten), person.slug, Forgotten(person.names, person.photos))
            delete(holdings, person, results, plan.cache)
    own = [f"{config.bank.root}/{file}" for file in person.photo_files]
    own += [f"{config.sources.root}/{file}" for file in person.video_files]
    if json:
        answer_json(
            {
                "person": person.slug,
                "names": sorted(person.names),
                "photos": len(person.photos),
                "deleted": yes,
                "traces": [{**asdict(holding), "path": str(holding.path)} for holding in holdings],
                "yours": own,
                "taken_for_others": list(person.taken_for_others),
            }
        )
    else:
        again = shlex.join(["facebank", "forget", person.slug, "--yes", "--configfile", str(configfile)])
        _tell(person, holdings, own, again, forgotten=config.bank.forgotten if yes else None)


def _found(name: str, plan: Plan) -> tuple[Person, list[Holding]]:
    """Find a person, and what builds keep of them.

    Raises
    ------
    ConfigError
        If nobody has that name. Files may hold it all the same, as a number or a letter.
    """
    config, results = plan.config, Path(plan.results)
    tables = inventories(results)
    person = find_person(name, config, tables, plan.contents)
    known = everybody(config, tables)
    already = person.names & read_forgotten(Path(config.bank.forgotten)).names
    if not (person.photos or person.video_files or already or person.names & set(map(slug, known))):
        raise _unknown(name, config, known)
    return person, find_holdings(person, results, plan.cache, _RECORDS)


def _tell(
    person: Person, holdings: list[Holding], own: list[str], again: str, *, forgotten: str | None
) -> None:
    """Print what was found, what became of it, and what is left to the user.

    Parameters
    ----------
    person : Person
        Whom it is about.
    holdings : list of Holding
        What was found.
    own : list of str
        The user's own files that show the person.
    again : str
        The command that deletes what was found.
    forgotten : str, optional
        The file that says who is forgotten, where all was deleted.
    """
    lines = [f"{person.slug}: {', '.join(sorted(person.names))}; {counted(len(person.photos), 'photo')}"]
    lines += [
        f"{holding.kind:8} {holding.path}" + (f" ({holding.trace})" if holding.trace else "")
        for holding in holdings
    ]
    if not holdings:
        lines.append("Nothing of this person is left in releases, version folders, logs and cache.")
    elif forgotten:
        lines.append(f"{counted(len(holdings), 'trace')} deleted. Build again for a new release.")
    else:
        lines.append(f"{counted(len(holdings), 'trace')} found, nothing deleted. `{again}` deletes them.")
    if forgotten:
        lines.append(f"{forgotten} names the person and the photos: the next build refuses them.")
    if person.taken_for_others:
        lines.append("Seen to show the person where another is claimed; without the person no build sees it.")
        lines.append("Delete the videos, or exclude these slots by audit.exclude:")
        lines += [f"  {slot}" for slot in person.taken_for_others]
    if own:
        lines += ["Yours to delete:", *(f"  {file}" for file in own)]
    answer("\n".join(lines))


def _unknown(name: str, config: Config, known: frozenset[str]) -> ConfigError:
    """Say that nobody has a name, and whose letter it is, or who has a similar one."""
    meant = config.sources.letters.get(name)
    near = [meant] if meant else difflib.get_close_matches(name, sorted(known), n=1)
    return ConfigError(
        f"Nobody is called '{name}'",
        expected="an identity, an alias, or a person's folder",
        found=f"the letter of '{meant}'" if meant else None,
        remedy=f"Did you mean '{near[0]}'?" if near else None,
    )

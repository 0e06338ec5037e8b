"""README.md and docs/ tell the truth: front matter, commands, flags, files, links, Python."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import yaml
from huggingface_hub import SpaceCard

from inference.data import formats
from tests.commands import help_of, module_of, runs, unknown_flags
from tests.floors import FLOORS, TOPS
from tests.inference.asked_api import asked
from tests.pages import PAGES, README, ROOT, TEXT, blocks, commands
from tests.references import PATH, PYTHON_FILE, is_there, missing_names

COMMANDS = commands()
MODULES = sorted({module for line in COMMANDS if (module := module_of(line))})
BY_NAME = {"ids": lambda path: str(path.relative_to(ROOT))}


def test_the_front_matter_is_that_of_a_docker_space_on_the_port_of_the_image():
    data = SpaceCard.load(README).data.to_dict()
    assert (data["sdk"], data["app_port"]) == ("docker", 8501)
    assert f"EXPOSE {data['app_port']}" in (ROOT / "Dockerfile").read_text("utf-8")
    assert len(data["short_description"]) <= 60, "the Hub cuts it"


def test_the_readme_is_read_in_ten_minutes():
    body = PAGES[README].split("\n---\n", 1)[1]
    assert len(body.splitlines()) <= 250 and len(body.split()) <= 2000


def test_every_make_command_is_a_target():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)", "\n".join(COMMANDS)))
    named |= set(re.findall(r"`make (\w+)", TEXT)) | {"check"}
    assert named and named <= targets, named - targets
    assert commands(PAGES[README])[:2] == ["make demo", "make test"], "the two that come first"


@pytest.mark.slow  # some commands take seconds to say what their flags are
@pytest.mark.parametrize("module", MODULES)
def test_every_flag_of_a_command_is_in_its_help(module: str):
    assert runs(module), f"python -m {module} does nothing"
    lines = [line for line in COMMANDS if module_of(line) == module]
    missing = set().union(*map(unknown_flags, lines))
    assert not missing, f"python -m {module} has no {missing}"


def test_every_ending_of_a_file_of_texts_is_named():
    missing = {suffix for suffix in formats.SUFFIXES if f"`{suffix}`" not in TEXT}
    assert not missing and TEXT.count(formats.in_words()) == 3, missing


@pytest.mark.parametrize(
    "module",
    [
        *("inference.batch", "inference.compare", "training.chat"),
        *("training.doctor", "training.train"),
    ],
)
def test_a_command_that_takes_a_file_of_texts_says_of_which_formats(module: str):
    assert formats.in_words() in " ".join(help_of(module).split())


@pytest.mark.parametrize("page", PAGES, **BY_NAME)
def test_every_page_has_a_command_to_try(page: Path):
    assert commands(PAGES[page])


@pytest.mark.slow
def test_every_flag_in_a_sentence_is_one_of_a_command():
    named = set(re.findall(r"`(?:[\w.]+ )?(--[\w-]+)", TEXT))
    known = "\n".join(map(help_of, MODULES))
    missing = {flag for flag in named if not re.search(rf"{re.escape(flag)}\b", known)}
    assert named and not missing, missing


@pytest.mark.slow
def test_every_program_on_a_command_line_starts():
    programs = [shlex.split(line)[2] for line in COMMANDS if line.startswith("python -c")]
    assert programs and not set().union(*map(missing_names, programs))


@pytest.mark.parametrize("page", PAGES, **BY_NAME)
def test_every_path_that_is_named_exists(page: Path):
    named = {found.rstrip(".") for found in PATH.findall(PAGES[page])}
    missing = {name for name in named if not list(ROOT.glob(name))}
    files = {name for name in PYTHON_FILE.findall(PAGES[page]) if not is_there(name, page)}
    assert not missing | files, missing | files


def test_the_map_has_every_folder_at_the_top():
    tree = re.search(r"```\n(app\.py.*?)```", PAGES[README], re.DOTALL)
    assert tree, "README.md has no map of the project"
    named = set(re.findall(r"^(?:(\S+) )?(\S+?)/? {2,}", tree[1], re.MULTILINE))
    flat = {name for pair in named for name in pair if name}
    assert flat == {*TOPS, "docs", "tests"}, flat ^ {*TOPS, "docs", "tests"}


def headings(text: str) -> set[str]:
    """The anchors of a page, as GitHub and the Hub make them."""
    titles = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, **BY_NAME)
def test_every_link_leads_somewhere(page: Path):
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        if re.match(r"https?:", target):
            continue
        if not place.exists() or (anchor and anchor not in headings(place.read_text("utf-8"))):
            wrong.append(target)
    assert not wrong, wrong


def test_the_readme_leads_to_every_page():
    linked = set(re.findall(r"\]\((docs/[\w.-]+)\)", PAGES[README]))
    pages = {f"docs/{page.name}" for page in PAGES if page != README}
    assert pages <= linked, pages - linked


def test_every_variable_of_the_environment_is_documented():
    source = (ROOT / "inference/core/settings.py").read_text("utf-8")
    read = set(re.findall(r'"((?:HF|SPACE|CPU|DEVICE|XDG|OAUTH|OPENID)_?[A-Z_]*)"', source))
    read |= set(re.findall(r'given(?:\.get\(|\[|, )"([A-Z_]+)"', source))
    missing = {name for name in read if f"`{name}`" not in PAGES[ROOT / "docs/configuration.md"]}
    assert read and not missing, missing
    named = set(re.findall(r"`?\b(SPACE_[A-Z_]+)\b", TEXT))
    assert named <= read, f"nothing reads {named - read}"


def test_every_route_is_documented_and_every_documented_one_is_served():
    with asked() as client:
        served = {path.removeprefix("/") for path in client.get("openapi.json").json()["paths"]}
        assert client.get("docs").status_code == 200
    named = set(re.findall(r"/api/(\w+)", TEXT)) - {"routes"}  # inference/api/routes.py
    assert named == served | {"docs"}, named ^ (served | {"docs"})


def test_every_page_of_the_space_is_documented():
    listed = re.findall(r'title="([^"]+)",\n +icon', (ROOT / "app.py").read_text("utf-8"))
    table = re.findall(r"^\| ([\w ]+) \|", PAGES[ROOT / "docs/space.md"], re.MULTILINE)
    assert listed and set(listed) == set(table) - {"page"}, set(listed) ^ set(table)


def test_every_recipe_is_in_the_table():
    made = {path.relative_to(ROOT).as_posix() for path in (ROOT / "training/recipes").iterdir()}
    missing = {name for name in made if f"`{name}`" not in PAGES[README]}
    assert made and not missing, missing


def test_the_python_of_the_pages_parses():
    for block in blocks("python"):
        ast.parse(block)  # tests/test_journey.py runs it against the published model


def test_the_yaml_of_the_pages_parses():
    for block in blocks("yaml"):
        assert isinstance(yaml.safe_load(block), dict), block


def drawn_floors() -> dict[str, tuple[set[str], ...]]:
    """The floors that docs/architecture.md draws, from the lowest up, in the form of FLOORS."""
    text = PAGES[ROOT / "docs/architecture.md"]
    drawing = re.search(r"```\n(the project\n.*?)```", text, re.DOTALL)
    assert drawing, "docs/architecture.md draws no floors"
    drawn = {}
    for part in drawing[1].strip().split("\n\n"):
        title, *lines = part.splitlines()
        floors = [re.fullmatch(r"  (\d)  (.+?) {2,}\S.*", line) for line in lines]
        assert all(floors), part
        assert [int(floor[1]) for floor in floors] == list(range(len(lines), 0, -1)), part
        names = [set(floor[2].replace("*.py", ".").split(", ")) for floor in reversed(floors)]
        drawn["" if title == "the project" else title] = tuple(names)
    return drawn


def test_the_floors_are_drawn_as_they_are():
    """Folders that have no folders inside need no drawing."""
    assert drawn_floors() == {name: floors for name, floors in FLOORS.items() if len(floors) > 1}


def test_nothing_takes_more_than_three_files_to_add():
    text = PAGES[ROOT / "docs/architecture.md"].split("## How to add", 1)[1]
    rows = re.findall(r"^\| (an? [\w ]+) \| (.*?) \|", text, re.MULTILINE)
    wanted = {"a metric", "a file format", "a page", "a baseline", "a recipe"}
    assert {what for what, _ in rows} == wanted
    for what, how in rows:
        assert 1 <= len(re.findall(r"`[^`]+`", how)) <= 3, what

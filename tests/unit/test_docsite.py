# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The documentation site and what it describes hold together: messages, kinds, environment variables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.module_utils import _errors
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import kinds
from support import ROOT

from tools.docs import catalogue, templates

PAGES = ROOT / "docs" / "docsite"
ROLES = {
    path.parents[1].name: yaml.safe_load(path.read_text())["argument_specs"]
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")
}
SPECS = ROOT / "plugins" / "module_utils" / "_input" / "argument_specs.py"


def test_every_kind_is_explained_and_no_other() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (PAGES / "failures.md").read_text(), re.MULTILINE)
    assert sorted(listed) == kinds()
    assert listed == sorted(listed)


def test_the_catalogue_knows_the_classes_and_their_kinds() -> None:
    classes = {
        name: value.kind
        for name, value in vars(_errors).items()
        if isinstance(value, type) and value.__module__ == _errors.__name__
    }
    del classes["SpokesError"]
    assert catalogue.kinds_by_class() == classes


def test_every_place_that_raises_has_words_on_the_page() -> None:
    page = catalogue.page()
    found = catalogue.raised()
    assert len(found) >= 200
    wordless = {message for message in found if not re.search(r"[a-z]{3}", message.text.replace(catalogue.VARIES, ""))}
    assert wordless == set()
    headings = [entry for entry in page.splitlines() if entry.startswith("### Messages of the kind")]
    assert len(headings) == len(kinds())
    for message in found:
        assert catalogue._cell(message.text) in page
    calls = sum(
        len(re.findall(rf"\b(?:{'|'.join(catalogue.kinds_by_class())})\(", path.read_text())) for path in _sources()
    )
    assert len({(message.place, message.text) for message in found}) >= 0.8 * calls


def _sources() -> list:
    return [path for path in (ROOT / "plugins" / "module_utils").rglob("*.py") if path.name != "_errors.py"]


def test_the_messages_of_roles_and_lookups_are_there() -> None:
    texts = [message.text for message in catalogue.of_roles()]
    assert any("is not ready for the Qualtrics spoke" in text for text in texts)
    assert any("no host matches" in text for text in texts)
    assert len(texts) >= 30


# What is collected, how much of it there is at least, and words of it that a user met.
SECTIONS = {
    "of_roles": (
        30,
        ["qualtrics_spoke_export_dir is empty: give the folder on the controller into which the file goes."],
    ),
    "problems": (10, ["The application … is …", "The account … does not have the role admin"]),
    "manual_steps": (8, ["Get the OAuth token: no access token has been fetched yet, and get_token is not set"]),
    "warnings": (
        18,
        ["The given Client Secret was not compared with", "The API token from before becomes void at once"],
    ),
    "said_by_roles": (
        30,
        [
            "The given Client Secret was not compared with the one that … holds",
            "Nothing: … is set up already.",
            "What was there before stands again",
            "would get version … of the spoke",
        ],
    ),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_other_kind_of_text_is_collected(section: str) -> None:
    least, samples = SECTIONS[section]
    messages = getattr(catalogue, section)()
    texts = {message.text for message in messages}
    assert len(texts) >= least
    assert [sample for sample in samples if not any(sample in text for text in texts)] == []
    assert {text for text in texts if not catalogue.has_words(text)} == set()
    page = catalogue.page()
    assert [text for text in texts if catalogue._cell(text) not in page] == []


def test_no_advice_breaks_off() -> None:
    """What varies at an end of it is marked, and what is constant is filled in."""
    page = catalogue.page()
    advices = [line[2:] for line in page.splitlines() if line.startswith(": ")]
    advices = [text for text in advices if text not in catalogue.NO_ADVICE.values()]
    assert len(advices) >= 200
    assert [text for text in advices if re.search(r"(?:\b(?:at most|up to|or else|of|with)|[ .,;:])$", text)] == []
    assert [text for text in advices if text.startswith((";", ".", ","))] == []
    assert "Give at most 4000" in page or re.search(r"Give at most \d+", page)
    assert "above 0 and up to …" in page
    assert re.search(r"manage:all; or else \w+", page)


def test_the_page_says_how_roles_name_what_modules_take() -> None:
    names = catalogue.names_in_roles()
    for path, variable in [
        ("qualtrics_spoke", "__qualtrics_spoke_names_in_qualtrics"),
        ("qualtrics_spoke", "__qualtrics_spoke_names_in_servicenow"),
        ("setup_endpoint", "__setup_endpoint_names"),
    ]:
        words = yaml.safe_load((ROOT / "roles" / path / "vars" / "main.yml").read_text())[variable]
        assert {word for word in words if word not in dict(names)} == set()
    assert ("Invalid timeout", "Invalid qualtrics_spoke_timeout") in names
    page, text = catalogue.page(), (PAGES / "failures.md").read_text()
    assert "| Invalid timeout | Invalid qualtrics\\_spoke\\_timeout |" in page
    headings = {
        re.sub(r"[^a-z -]", "", line[4:].lower()).replace(" ", "-") for line in page.splitlines() if line[:4] == "### "
    }
    linked = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert "names-in-messages-of-the-roles" in linked
    assert linked - headings == set()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "{{ 'a is empty' if not a else 'b ' ~ c ~ ' holds' }} No file.",
            ["a is empty No file.", "b … holds No file."],
        ),
        ("{% if a %}one{% else %}two{% endif %} {{ b | default('x') }}", ["one …", "two …"]),
        ("{% for x in y %}({{ loop.index }}) {{ x }}. {% endfor %}end", ["(…) …. end"]),
        ("{{ known }} is {{ unknown }}", ["the word is …"]),
        ("{{ lines or ['Nothing: ' ~ host ~ ' is right.'] }}", ["…", "Nothing: … is right."]),
    ],
)
def test_what_a_template_can_come_to(template: str, expected: list[str]) -> None:
    assert templates.readings(template, {"known": "the word"}) == expected


def test_what_a_template_appends_is_read_too() -> None:
    template = "{%- set _ = lines.append('left to ' ~ who ~ ': ' ~ what) -%}{{ lines }}"
    assert templates.parts(template) == ["left to …: …"]


def test_dashes_and_quotes_stay_as_they_are() -> None:
    """Typographic ones cannot be found by the words of a message, nor be copied into a shell."""
    settings = ast.parse((ROOT / "tools" / "docs" / "conf.py").read_text())
    values = {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value)
        for node in settings.body
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.List))
    }
    assert values["smartquotes"] is False
    assert not {"smartquotes", "replacements"} & set(values["myst_enable_extensions"])


def test_every_environment_variable_is_listed_with_its_option() -> None:
    tree = ast.parse(SPECS.read_text())
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_from_environment"
    }
    listed = set(re.findall(r"`((?:SN|QUALTRICS)_\w+)`", (PAGES / "environment_variables.md").read_text()))
    assert len(read) >= 18
    assert listed == read


def test_what_tests_and_documents_read_of_the_environment_is_listed_too() -> None:
    page = (PAGES / "environment_variables.md").read_text()
    read = {"ANSIBLE_CALLBACKS_ENABLED"}
    for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "sandbox").rglob("*.py")]:
        read |= set(
            re.findall(r"environ(?:\.get\(|\[)\"((?:BROWSER|SNOW_OPS|SANDBOX)_\w+)", path.read_text(encoding="utf-8"))
        )
    assert {"BROWSER_REQUIRED", "BROWSER_PICTURES"} <= read
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_only_include_role_is_said_to_loop() -> None:
    text = (PAGES / "automation.md").read_text()
    assert "both can loop" not in text
    assert "only `include_role` can loop" in text


def test_every_page_is_in_the_menu_and_every_drawing_is_used() -> None:
    texts = {path.stem: path.read_text() for path in PAGES.glob("*.md")}
    menu = re.findall(
        r"^(?:.* <)?([\w/-]+)>?$",
        "\n".join(re.findall(r"```{toctree}(.*?)```", texts["index"], re.DOTALL)),
        re.MULTILINE,
    )
    own = {
        path.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if PAGES not in path.parents
    }
    assert set(menu) == own | set(texts) - {"index"} | {"reference/index"}
    drawings = {path.name for path in (PAGES / "drawings").glob("*.svg")}
    assert drawings == set(re.findall(r"drawings/([\w.]+)\)", "".join(texts.values())))


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_no_heading_skips_a_level(page: Path) -> None:
    """The site's builder warns of it, and a warning is an error there."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    levels = [len(marks) for marks in re.findall(r"(?m)^(#+) ", text)]
    assert levels[0] == 1
    assert [deeper for level, deeper in zip(levels, levels[1:]) if deeper > level + 1] == []


def test_the_plot_shows_the_figures_of_the_readme() -> None:
    rows = re.findall(
        r"^\| (first|no change) \| (records|endpoint) \| (\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert len(rows) == 4
    drawn = re.findall(r">(\d+)</text>", (PAGES / "drawings" / "requests.svg").read_text())
    assert drawn == [number for _run, _route, number in rows]


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, spec in ROLES.items() for name in spec])
def test_every_entry_point_has_an_example_that_calls_it(role: str, name: str) -> None:
    (play,) = yaml.safe_load(ROLES[role][name]["examples"])
    call = play["tasks"][0]["ansible.builtin.include_role"]
    assert call["name"] == f"snow_ops.spokes.{role}"
    assert call.get("tasks_from", "main") == name
    assert set(play["tasks"][0].get("vars", {})) <= set(ROLES[role][name]["options"])


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, spec in ROLES.items() for name in spec])
def test_every_entry_point_says_which_facts_it_sets(role: str, name: str) -> None:
    described = " ".join(ROLES[role][name]["description"])
    assert re.search(r"Sets (?:the facts?|the same facts|no facts)", described)
    tasks = ROOT / "roles" / role / "tasks" / f"{name}.yml"
    for keys in re.findall(r"__qualtrics_spoke_(?:summary|plan):\n((?:      .*\n)+)", tasks.read_text()):
        for key in re.findall(r"^      (\w+): ", keys, re.MULTILINE):
            assert f"C({key})" in described


def test_the_summary_of_a_set_up_is_described_key_by_key() -> None:
    summary = (ROOT / "roles" / "qualtrics_spoke" / "tasks" / "summary.yml").read_text()
    keys = re.findall(r"[{,]\s*'(\w+)': ", summary.partition("__qualtrics_spoke_summary: >-\n")[2].partition("\n\n")[0])
    assert len(keys) >= 12
    for name in ("main", "verify"):
        assert [key for key in keys if f"C({key})" not in " ".join(ROLES["qualtrics_spoke"][name]["description"])] == []

"""Whatever a label says, a page shows it as text."""

import json

import pytest

from calcguide.app import create_app
from calcguide.dataset import Dataset
from calcguide.files import Root
from calcguide.loading import load
from calcguide.settings import Settings
from tests.crawling import Site, crawl
from tests.hostile_labels import LABELS, hostile_guide


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load(Root(hostile_guide(tmp_path_factory.mktemp("hostile"))))


@pytest.fixture(scope="module")
def site(hostile: Dataset) -> Site:
    return crawl(create_app(hostile, Settings.read({}, access_log="off")).test_client())


def test_pages_stay_in_order(site: Site) -> None:
    assert len(site.pages) > 90
    assert [fault for fault in site.faults() if "too heavy" not in fault] == []


def test_no_label_becomes_an_element_an_attribute_or_a_script(site: Site) -> None:
    for path, page in site.pages.items():
        for element in page.tree.walk():
            assert not [name for name in element.attributes if name.startswith("on")], path
            assert element.tag != "img", path
            if element.tag == "script" and element["type"] == "application/ld+json":
                json.loads(element.text)
            elif element.tag == "script":
                assert element["src"].startswith("/static/"), path
                assert element.text == "", path


def test_every_label_is_shown_as_it_is_written(site: Site) -> None:
    shown = " ".join(page.tree.all("main")[0].text for page in site.pages.values())
    for label in LABELS:
        assert label in shown

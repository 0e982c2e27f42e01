"""Choices in the address: a link brings them back, what is gone is passed over, the plain view has a plain link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui.app import address

    options = st.session_state.get("options", ["red", "green", "blue"])
    one = address.select("One", options, key="one")
    many = address.several("Many", options, key="many", default=options[:2])
    on = address.toggle("Switch", key="on")
    st.write("|".join([one, ",".join(many), str(on)]))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.markdown[0].value


def written(app: AppTest) -> dict[str, list[str]]:
    return {key: value if isinstance(value, list) else [value] for key, value in app.query_params.items()}


def test_a_link_brings_the_choices_back(app):
    app.query_params["one"] = "green"
    app.query_params["many"] = ["blue", "red"]
    app.query_params["on"] = "1"
    assert shown(app.run()) == "green|blue,red|True"


def test_choosing_changes_the_address_and_the_default_leaves_it_alone(app):
    app.run()
    assert written(app) == {"one": ["red"]}
    app.multiselect(key="many").set_value(["blue"]).run()
    app.toggle(key="on").set_value(True).run()
    assert written(app) == {"one": ["red"], "many": ["blue"], "on": ["1"]}
    app.toggle(key="on").set_value(False).run()
    assert "on" not in app.query_params


def test_what_a_link_names_and_is_not_there_is_passed_over(app):
    app.query_params["one"] = "yellow"
    app.query_params["many"] = ["blue", "yellow"]
    assert shown(app.run()) == "red|blue|False"


def test_what_goes_away_later_is_let_go(app):
    app.query_params["one"] = "blue"
    app.query_params["many"] = ["blue", "green"]
    app.run()
    app.session_state["options"] = ["red", "green"]
    assert shown(app.run()) == "red|green|False"


def test_a_choice_nobody_touched_takes_in_what_is_new(app):
    app.session_state["options"] = ["red"]
    app.run()
    app.session_state["options"] = ["red", "green"]
    assert shown(app.run()) == "red|red,green|False"

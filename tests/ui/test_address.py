"""Choices in the address: a link brings them back, what is gone is passed over, the plain view has a plain link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui.app import address, capture

    capture.begin(st.session_state.get("title", "Compare"), "")
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


def test_a_name_that_a_page_asks_about_is_not_replaced_by_another(app):
    def named() -> None:
        import streamlit as st

        from ui.app import address

        st.write(str(address.select_named("One", ["red", "green", "blue"], key="one", index=1)))

    app = AppTest.from_function(named, default_timeout=30)
    app.query_params["one"] = "yellow"
    assert shown(app.run()) == "None" and shown(app.run()) == "None" and not app.warning
    app.selectbox(key="one").set_value("blue").run()
    assert shown(app) == "blue" and written(app) == {"one": ["blue"]} and not app.warning
    app.query_params["one"] = "yellow"  # another old link, in the same session
    assert shown(app.run()) == "None"
    del app.query_params["one"]
    assert shown(app.run()) == "green"


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


def test_what_is_shown_instead_of_what_is_gone_is_said(app):
    app.query_params["one"] = "yellow"
    assert shown(app.run()) == "red|red,green|False"
    assert "yellow" in app.warning[0].value and "red" in app.warning[0].value
    app.selectbox(key="one").set_value("blue").run()
    assert not app.warning


def test_a_choice_that_goes_away_is_set_anew_in_the_browser_too(app):
    app.query_params["one"] = "blue"
    app.run()
    app.session_state["options"] = ["red", "green"]
    app.run()
    assert app.selectbox(key="one").value == "red"
    assert app.selectbox(key="one").proto.set_value, "else the browser goes on showing the old name"
    assert "blue" in app.warning[0].value


def other_attributes() -> None:
    import streamlit as st

    from ui.app import address

    address.select("With", ["1", "0"], key="with-hat")
    address.only("with-", "with-hat")
    st.write(" ".join(st.query_params))


def test_choices_of_another_attribute_leave_the_address():
    app = AppTest.from_function(other_attributes, default_timeout=30)
    app.query_params["with-beard"] = "1"
    assert app.run().markdown[0].value == "with-hat"


def test_what_came_by_a_link_holds_on_the_next_page_until_it_is_chosen_anew(app):
    app.query_params["one"] = "green"
    app.run()

    def turn(title: str, older: str) -> None:
        del app.query_params["one"]
        app.session_state["title"] = title
        app.session_state["one"] = older  # what Streamlit brings back on another page: the last choice made by hand

    turn("Neurons", "blue")
    assert shown(app.run()).startswith("green|")
    app.selectbox(key="one").set_value("blue").run()
    turn("Map", "blue")
    assert shown(app.run()).startswith("blue|")


def test_a_link_to_what_is_shown_already_is_followed_on_the_next_page(app):
    app.query_params["one"] = "green"
    app.run()
    app.session_state["title"] = "Neurons"
    app.session_state["one"] = "blue"
    assert shown(app.run()).startswith("green|")

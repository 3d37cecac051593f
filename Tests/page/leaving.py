"""How the page looks on any screen, and what is left of it after signing out."""

import pathlib

from page import Suite

HERE = pathlib.Path(__file__).parent
suite = Suite()


@suite.check
def fits_any_screen_and_can_be_read(page):
    routes = {"predict": "#/", "list": "#/predictions", "record": f"#/predictions/{page.record}", "models": "#/models"}
    contrast = (HERE / "contrast.js").read_text()
    for name, width, height, dark in (("light", 1280, 900, False), ("dark", 1280, 900, True), ("phone", 360, 740, False), ("phone-dark", 360, 740, True)):
        page.screen(width, height, dark)
        for view, route in routes.items():
            page.open(route)
            page.visible("h1")
            page.wait(lambda: not page.all(".loading") and not page.all("[aria-busy=true]"), "the view")
            page.screenshot(f"{view}-{name}")
            assert page.run("return document.documentElement.scrollWidth <= innerWidth"), f"{route} scrolls sideways ({name})"
            poor = page.run(contrast)
            assert not poor, f"{route} ({name}): {poor}"
    page.screen()


@suite.check
def names_every_control(page):
    for route in ("#/", "#/predictions", f"#/predictions/{page.record}"):
        page.open(route)
        page.visible("h1")
        controls = page.all("a, button, input:not([hidden]), select, textarea, summary")
        nameless = [each.get_attribute("outerHTML") for each in controls if each.is_displayed() and not each.accessible_name]
        assert not nameless, nameless


@suite.check
def signs_out_for_good(page):
    page.open()
    page.visible("#sign-out").click()
    page.visible("#signin-form")
    assert page.await_run("return (await fetch('/v1/predictions')).status") == 401
    page.open("#/predictions")
    page.visible("#signin-form")


@suite.check
def talks_to_its_own_server_only(page):
    assert not page.foreign_requests()

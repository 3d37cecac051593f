"""What the page must not get wrong: proofs, sessions, roles and refusals."""

import pathlib

from page import Suite
from tampering import TAMPERED, rewrite

HERE = pathlib.Path(__file__).parent
suite = Suite()


@suite.check
def checks_proofs_as_the_standards_say(page):
    page.open()
    failures = page.await_run((HERE / "modules.js").read_text())
    assert not failures, failures


@suite.check
def shows_an_unmissable_badge_for_every_kind_of_tampering(page):
    for name, (notices, reply, change) in TAMPERED.items():
        with page.rewriting(rewrite(page.record, reply, change)):
            page.open(f"#/predictions/{page.record}")
            page.wait(lambda: page.all("#badge:not([data-state=pending])"), f"the badge for {name}")
            assert page.all("#badge[data-state=failed][role=alert]"), f"{name} went unnoticed"
            assert page.outcome(notices) == "failed", f"{name} was noticed by the wrong check"
    page.screenshot("tampered")


@suite.check
def says_so_when_only_the_server_has_checked(page):
    without = {
        "https": ("Object.defineProperty(crypto, 'subtle', { value: undefined });", "server"),
        "Ed25519": ("if (crypto.subtle) crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); };", "here"),
    }
    for reason, (source, inclusion) in without.items():
        with page.scripted(source):
            page.open(f"#/predictions/{page.record}")
            assert "Checked by the server" in page.badge("server").text
            assert reason in page.text("#badge")
            assert page.outcome("signature") == "server" and page.outcome("inclusion") == inclusion
    page.screenshot("checked-by-server")


@suite.check
def asks_for_the_key_again_without_losing_the_picture(page):
    page.open()
    page.choose()
    page.driver.delete_all_cookies()
    page.find("#predict").click()
    page.visible("#session-dialog[open]")
    page.screenshot("session-ended")
    page.sign_in()
    page.badge("here")


@suite.check
def offers_a_role_only_what_it_may_do(page):
    def only(*permissions):
        return page.rewriting(f"(path, body) => path === '/session' ? {{ ...body, permissions: {list(permissions)} }} : body")

    with only("prediction.read", "log.read"):
        page.open(f"#/predictions/{page.record}")
        page.badge("here")
        assert [link.text for link in page.all("#nav a") if link.is_displayed()] == ["Predictions"]
        assert not page.find("#review-open").is_displayed()
        assert not page.all("#xray")
        page.open("#/")
        page.visible("#predictions")
    with only("timeline.read"):
        page.open("#/")
        page.visible("#no-access")


@suite.check
def explains_what_went_wrong_and_what_to_do(page):
    page.open("#/predictions/00000000-0000-7000-8000-000000000000")
    assert page.text(".problem-title") and page.text(".problem .mono")
    page.console_errors()  # the browser logs the refused request itself
    for nowhere in ("#/nowhere", "#/predictions/%ff"):
        page.open(nowhere)
        assert "no such page" in page.text("h1"), nowhere

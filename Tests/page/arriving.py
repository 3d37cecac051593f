"""Before anything is read: the policy, signing in, and the warning."""

import urllib.request

from page import Suite

POLICY = (
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
)
suite = Suite()


@suite.check
def serves_the_page_under_a_strict_policy(page):
    with urllib.request.urlopen(f"{page.base}/") as reply:
        policy = reply.headers["Content-Security-Policy"]
        assert reply.headers["Content-Type"].lower() == "text/html; charset=utf-8"
    stated = {part.strip() for part in policy.split(";") if part.strip()}
    assert stated == set(POLICY), f"the policy is {policy}"


@suite.check
def asks_who_is_there_and_explains_a_refused_key(page):
    page.open("#/predictions")
    page.visible("#signin-form")
    page.screenshot("signed-out")
    page.sign_in("cxr_this_key_does_not_exist")
    assert page.text(".problem-title")
    assert page.focused() == "api-key"


@suite.check
def signs_in_with_a_cookie_that_scripts_cannot_read(page):
    page.open()
    page.sign_in()
    page.visible("#predict-form")
    cookie = next(each for each in page.driver.get_cookies() if each["name"] == "cxr_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/", cookie
    kept = page.run("return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert "cxr_" not in kept, kept
    assert page.run("return !document.documentElement.outerHTML.includes(arguments[0])", page.key)


@suite.check
def warns_of_the_models_limits_before_anything_is_read(page):
    page.open()
    assert page.text(".caution li")
    assert not page.find("#predict").is_enabled()

"""What a clinician does: read an X-ray, find it again, review it."""

from selenium.webdriver.common.keys import Keys

from page import Suite

suite = Suite()


@suite.check
def reads_an_x_ray_and_earns_the_badge_in_the_browser(page):
    page.open()
    page.choose()
    page.find("#patient").send_keys("TEST-1")
    page.find("#predict").click()
    page.badge("here")
    page.record = page.find("#open-detail").get_attribute("href").split("/")[-1]
    reply = page.await_run("return (await fetch('/v1/predictions/' + a[0])).json()", page.record)
    assert page.text("#result-label") == reply["prediction"] in ("NORMAL", "PNEUMONIA")
    gauge = page.find("#gauge")
    drawn = page.run("return ['--p', '--t'].map((name) => Number(arguments[0].style.getPropertyValue(name)))", gauge)
    assert drawn == [reply["probability"], reply["threshold"]], drawn
    assert str(reply["threshold"]) in gauge.get_attribute("aria-label")
    assert page.text("#result-percent").endswith("%")
    assert page.text("#badge-index") == f"#{reply['index']}"
    assert [page.outcome(name) for name in ("signature", "inclusion", "checkpoint", "content")] == ["here"] * 4
    assert page.text("#limits li") == reply["limits"][0]
    assert reply["model"]["version"] in page.text("#result-model")
    assert page.text("#announcer")
    page.screenshot("result")


@suite.check
def offers_the_formats_that_are_read(page):
    page.open()
    assert page.text("#drop-help") == "JPEG or PNG, one picture, frontal view."
    assert page.find("#xray-file").get_attribute("accept") == "image/jpeg,image/png"


@suite.check
def takes_a_dropped_and_a_pasted_picture(page):
    events = {
        "drop": "document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))",
        "paste": "document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))",
    }
    for name, event in events.items():
        page.open()
        page.visible("#drop")
        page.run(f"const data = new DataTransfer(); data.items.add(new File(['x'], '{name}.jpeg', {{ type: 'image/jpeg' }})); {event}")
        assert f"{name}.jpeg" in page.text("#drop-help")
        page.wait(lambda: "cannot show" in page.text("#drop"), "word that there is no preview")
        page.visible("#clear-file").click()
        assert not page.find("#predict").is_enabled()


@suite.check
def records_one_prediction_for_one_choice(page):
    before = (page.open(), page.predict(), page.text("#badge-index"))[-1]
    page.find("#predict").click()
    page.wait(lambda: not page.all("#result[aria-busy]") and page.find("#predict").get_attribute("aria-disabled") is None, "the reply")
    page.badge("here")
    assert page.text("#badge-index") == before


@suite.check
def shows_the_record_with_picture_history_and_proof(page):
    page.open(f"#/predictions/{page.record}")
    page.badge("here")
    assert page.run("return arguments[0].naturalWidth", page.visible("#xray")) > 0
    assert page.all("#history li")
    assert "TEST-1" in page.text(".result .facts")
    page.visible("#proof summary").click()
    assert "c2sp.org/tlog-proof@v1" in page.text("#proof pre")
    page.screenshot("record")


@suite.check
def lists_filters_and_pages(page):
    page.open("#/predictions")
    page.visible("#predictions tbody tr")
    label = page.text("#predictions .tag[data-side]")
    page.run("arguments[0].value = arguments[1]", page.visible("#f-label"), label)
    page.visible("#apply-filters").click()
    page.wait(lambda: f"label={label}" in page.driver.current_url, "the filter in the address")
    page.visible("#predictions tbody tr")
    assert {tag.text for tag in page.all("#predictions .tag[data-side]")} == {label}
    page.screenshot("list")
    page.visible("#f-patient").send_keys("NO-SUCH-PATIENT")
    page.visible("#apply-filters").click()
    page.visible("#empty")
    assert "NO-SUCH-PATIENT" not in page.driver.current_url
    page.visible("#reset-filters").click()
    page.visible("#predictions tbody tr")
    narrow = "const plain = fetch; window.fetch = (path, ...rest) => plain(path.replace('limit=20', 'limit=1'), ...rest);"
    with page.scripted(narrow):
        page.open("#/predictions")
        first = page.find("#predictions tbody tr").get_attribute("data-id")
        page.visible("#older").click()
        page.visible("#newest")
        page.wait(lambda: page.find("#predictions tbody tr").get_attribute("data-id") != first, "an older prediction")


@suite.check
def reviews_with_the_keyboard_alone(page):
    page.open(f"#/predictions/{page.record}")
    page.badge("here")
    said = page.text("#result-label")

    def tab_to(name):
        for _ in range(60):
            if page.focused() == name:
                return
            page.press(Keys.TAB)
        raise AssertionError(f"the Tab key does not reach {name}")

    page.press(Keys.TAB)
    assert page.focused() == "skip", "the skip link is not the first stop"
    tab_to("review-open")
    page.press(Keys.ENTER)
    page.visible("#review-dialog")
    assert page.run("return document.activeElement.closest('dialog') !== null")
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.focused() == "review-open", "the focus to return")
    page.press(Keys.ENTER)
    page.visible("#review-dialog")
    page.press(Keys.ARROW_DOWN)
    page.visible("#review-reason")
    page.screenshot("review")
    tab_to("review-reason")
    page.press("Made up, for a test.")
    tab_to("review-submit")
    page.press(Keys.ENTER)
    assert "Overridden" in page.text("#reviews .review")
    assert said in page.text("#reviews .review") and page.text("#result-label") == said
    assert "overrode" in page.text("#overruled")
    page.wait(lambda: page.focused() == "review-open", "the focus to return")

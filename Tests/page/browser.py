"""A headless Chromium with the few verbs the checks need. Every wait is explicit."""

import base64
import contextlib
import json
import pathlib
import shutil
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 20

# Rewrites JSON replies before the page sees them: `change(path, body)` returns the body to use.
REWRITE = """
(() => {
  const plain = window.fetch.bind(window);
  const change = %s;
  window.fetch = async (input, options) => {
    const reply = await plain(input, options);
    if (!(reply.headers.get("Content-Type") ?? "").includes("application/json")) return reply;
    const body = change(new URL(input, location).pathname, await reply.json());
    return new Response(JSON.stringify(body), { status: reply.status, headers: reply.headers });
  };
})();
"""


class Browser:
    def __init__(self, base, screenshots):
        self.base = base.rstrip("/")
        self.screenshots = pathlib.Path(screenshots)
        self.screenshots.mkdir(parents=True, exist_ok=True)
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
            options.add_argument(argument)
        if binary := shutil.which("chromium"):
            options.binary_location = binary
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        self.driver.set_script_timeout(SECONDS)
        self.requests = []

    def quit(self):
        self.driver.quit()

    # Moving

    def open(self, route="#/"):
        """Loads the page afresh at a route and waits until it is drawn."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.base}/{route}")
        self.find("html[data-ready]")

    def wait(self, condition, what):
        return WebDriverWait(self.driver, SECONDS).until(lambda _: condition(), message=f"waited for {what}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        """The first match, as soon as it is there."""
        return self.wait(lambda: next(iter(self.all(selector)), None), selector)

    def visible(self, selector):
        """The first visible match, as soon as there is one."""
        return self.wait(lambda: next((each for each in self.all(selector) if each.is_displayed()), None), selector)

    def text(self, selector):
        return self.visible(selector).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def await_run(self, script, *arguments):
        """Runs the body of an async function in the page and returns its value."""
        wrapped = f"const done = arguments[arguments.length - 1]; (async (...a) => {{ {script} }})(...arguments).then(v => done([v]), e => done(String(e)))"
        answer = self.driver.execute_async_script(wrapped, *arguments)
        assert isinstance(answer, list), answer
        return answer[0]

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.run("return document.activeElement?.id")

    def badge(self, state):
        return self.find(f'#badge[data-state="{state}"]')

    # Circumstances

    def screen(self, width=1280, height=900, dark=False):
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    @contextlib.contextmanager
    def scripted(self, source):
        """Runs `source` before the page's own scripts, in every page opened meanwhile."""
        added = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)

    def rewriting(self, change):
        return self.scripted(REWRITE % change)

    # Evidence

    def screenshot(self, name):
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
        (self.screenshots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def console_errors(self):
        """Errors since the last call. A refused sign-in is no error of the page."""
        refusals = ("status of 401",)
        entries = [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [entry["message"] for entry in entries if not any(refusal in entry["message"] for refusal in refusals)]

    def foreign_requests(self):
        """Addresses asked of any other origin since the start."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        own = urlsplit(self.base)
        harmless = ("blob", "data", "about", "chrome")
        parts = [urlsplit(url) for url in self.requests]
        assert any(part.netloc == own.netloc for part in parts), "the log of requests is empty"
        return [part.geturl() for part in parts if part.scheme not in harmless and (part.scheme, part.netloc) != (own.scheme, own.netloc)]

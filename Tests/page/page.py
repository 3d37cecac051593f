"""The page as a person uses it, and a list of checks in the order they run."""

import pathlib

from browser import Browser


class Suite(list):
    """Checks that build on each other: functions of a Page that raise when something is wrong."""

    def check(self, work):
        self.append(work)
        return work


class Page(Browser):
    """The verbs of a person at the page; `record` is the address of the prediction that the test made."""

    def __init__(self, options):
        super().__init__(options.base, options.screenshots)
        self.key, self.image = options.key, str(pathlib.Path(options.image).resolve())
        self.record = None

    def sign_in(self, key=None):
        form = "#session-dialog[open] " if self.all("#session-dialog[open]") else ""
        field = self.visible(f"{form}#api-key")
        field.clear()
        field.send_keys(self.key if key is None else key)
        self.visible(f"{form}[data-slot=submit]").click()

    def choose(self):
        self.find("#xray-file").send_keys(self.image)
        self.visible("[data-slot=preview]")

    def predict(self):
        self.choose()
        self.find("#predict").click()
        return self.badge("here")

    def outcome(self, name):
        return self.find(f'[data-check="{name}"]').get_attribute("data-outcome")

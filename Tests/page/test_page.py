#!/usr/bin/env python3
"""Tests the web page against a running server, in a headless Chromium.

    python3 test_page.py --base http://localhost:8000 --key cxr_... --image XRAY.jpeg --screenshots DIR

The key must belong to a clinician. The test records three predictions and one review. Needs chromium, chromium-driver
and scripts/judges.txt. Prints one line a check, then `N passed, N failed`; the exit status says whether any failed.
"""

import argparse
import sys
import traceback

import arriving
import leaving
import trusting
import using
from page import Page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "key", "image", "screenshots"):
        parser.add_argument(f"--{name}", required=True)
    checks = [*arriving.suite, *using.suite, *trusting.suite, *leaving.suite]
    page = Page(parser.parse_args())
    page.screen()
    failed = 0
    try:
        for work in checks:
            name = work.__name__.replace("_", " ")
            try:
                work(page)
                errors = page.console_errors()
                assert not errors, f"the console shows {errors}"
                print(f"ok      {name}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
                page.screen()
                page.screenshot(f"failed-{work.__name__}")
                page.console_errors()
    finally:
        page.quit()
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

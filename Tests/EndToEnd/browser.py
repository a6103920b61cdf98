"""A real browser that looks at the page of a node: Debian's Chromium, without a window."""

import pathlib
import shutil
import time

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = None if CHROMIUM and DRIVER else "Chromium is not installed (Debian: chromium, chromium-driver)"


class Browser:
    """One window. What the page complains of, and every violation of its security policy, is in `complaints`."""

    def __init__(self, width: int = 1440, height: int = 900):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
            "--force-prefers-reduced-motion", f"--window-size={width},{height}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        self.resize(width, height)

    def close(self) -> None:
        self.driver.quit()

    def resize(self, width: int, height: int, is_mobile: bool = False) -> None:
        """What the page has to itself, whatever the window is."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_mobile})

    def theme(self, name: str) -> None:
        """As the system has it: light or dark."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, url: str) -> None:
        self.driver.get(url)

    def go(self, path: str) -> None:
        """To another page of the page, as a link of it would."""
        self.run("location.hash = arguments[0]", "#" + path)

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, css: str) -> list:
        return self.driver.find_elements("css selector", css)

    def wait(self, condition, timeout: float = 60):
        """Asks until the answer is something true, which it returns. What has gone while it is asked is asked again."""
        from selenium.common.exceptions import StaleElementReferenceException

        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                result = condition()
                if result:
                    return result
            except StaleElementReferenceException:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"not within {timeout} s; the page says: {self.text('body')[:3000]}\n{self.complaints()}")

    def text(self, css: str) -> str:
        """What can be read in all elements of a kind, seen or not."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent).join('\\n')", css)

    def see(self, css: str, *texts: str, timeout: float = 60) -> str:
        """Waits until all the texts can be read there; what can be."""
        return self.wait(lambda: all(each in self.text(css) for each in texts) and self.all(css) and self.text(css), timeout)

    def click(self, css: str) -> None:
        self.wait(lambda: self.all(css))[0].click()

    def type(self, css: str, text: str) -> None:
        field = self.wait(lambda: self.all(css))[0]
        field.clear()
        field.send_keys(text)

    def keys(self, keys: str) -> None:
        """On whatever has the keyboard."""
        self.driver.switch_to.active_element.send_keys(keys)

    def complaints(self) -> list[str]:
        """What was written to the console since it was asked last."""
        return [f"{each['level']}: {each['message']}" for each in self.driver.get_log("browser")]

    def image(self, path: pathlib.Path) -> None:
        self.driver.save_screenshot(str(path))

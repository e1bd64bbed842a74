#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logs in through headless Chromium, as a person would, and keeps a screenshot.

usage: login.py URL NAME PASSWORD-FILE SCREENSHOT.png
Prints the title and the text of the page behind the login. Speaks WebDriver (W3C) to chromedriver.
"""
import base64
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

url, name, password_file, screenshot = sys.argv[1:5]
with open(password_file, encoding="utf-8") as file:
    password = file.readline().strip()
driver = subprocess.Popen(["/usr/bin/chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)


def call(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=120) as answer:
        return json.load(answer)["value"]


try:
    port = next(line.split()[-1].rstrip(".") for line in driver.stdout if "started successfully on port" in line)
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as profile:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--disable-dev-shm-usage", "--window-size=1000,700", f"--user-data-dir={profile}"]
        session = call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": True,
            "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": arguments}}}})
        base += "/session/" + session["sessionId"]

        def element(xpath):
            found = call("POST", "/element", {"using": "xpath", "value": xpath})
            return "/element/" + next(iter(found.values()))

        def log_in():
            call("POST", "/url", {"url": url})
            call("POST", element("//*[@id='id_username']") + "/value", {"text": name})
            call("POST", element("//*[@id='id_password']") + "/value", {"text": password})
            call("POST", element("//form//button") + "/click", {})
            element("//h1[text() != 'Sign in']")
            return call("GET", element("//body") + "/text")

        call("POST", "/timeouts", {"implicit": 5000})
        # Chromium gives up a page when any network of the machine changes, and Docker makes networks
        for attempt in range(20):
            try:
                text = log_in()
            except urllib.error.HTTPError:
                text = call("GET", element("//body") + "/text")
            if "ERR_NETWORK_CHANGED" not in text:
                break
        print(call("GET", "/title"))
        print(text)
        with open(screenshot, "wb") as file:
            file.write(base64.b64decode(call("GET", "/screenshot")))
        call("DELETE", "")
finally:
    driver.terminate()

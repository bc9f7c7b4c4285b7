//! A page of the book in a browser.

use serde_json::{Value, json};

use crate::book;
use crate::chromium::{Chromium, PATIENCE};

/// What each expression can use.
const TOOLS: &str = include_str!("page.js");

/// A tab of a Chromium of its own.
pub struct Page {
    chromium: Chromium,
    session: String,
    complaints: Vec<String>,
    is_loaded: bool,
}

impl Page {
    /// An empty page, 1280 pixels wide.
    pub fn new() -> Self {
        let mut chromium = Chromium::start();
        let mut browser = |method, params| chromium.call(None, method, params, drop);
        let tab = browser("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": tab["targetId"], "flatten": true });
        let session = browser("Target.attachToTarget", attach)["sessionId"].take();
        let session = session.as_str().expect("a session has a name").into();
        let mut page = Page { chromium, session, complaints: Vec::new(), is_loaded: false };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.resize(1280);
        page
    }

    /// A command of the protocol.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let Page { chromium, session, complaints, is_loaded } = self;
        chromium.call(Some(session), method, params, |event| notice(&event, complaints, is_loaded))
    }

    /// The window's width in CSS pixels.
    pub fn resize(&mut self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// The reader's system is dark, so the book is, too.
    pub fn darken(&mut self) {
        let dark = json!({ "name": "prefers-color-scheme", "value": "dark" });
        self.call("Emulation.setEmulatedMedia", json!({ "features": [dark] }));
    }

    /// Opens a page of the book, and waits until it is loaded.
    #[track_caller]
    pub fn open(&mut self, name: &str) {
        self.is_loaded = false;
        let url = format!("file://{}", book::folder().join(name).display());
        let answer = self.call("Page.navigate", json!({ "url": url }));
        assert!(answer["errorText"].is_null(), "{name}: {}", answer["errorText"]);
        while !self.is_loaded {
            let event = self.chromium.next(name);
            notice(&event, &mut self.complaints, &mut self.is_loaded);
        }
    }

    /// The value of an expression of JavaScript; a promise's, when it has one.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let source = format!("(async () => {{\n{TOOLS}\nreturn ({expression});\n}})()");
        let params = json!({ "expression": source, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params);
        if let Some(thrown) = answer.get("exceptionDetails") {
            panic!("{expression}: {}", thrown["exception"]["description"]);
        }
        answer["result"]["value"].take()
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub fn wait(&mut self, condition: &str) {
        self.eval(&format!("until(() => {condition}, {})", PATIENCE.as_secs() / 2));
    }

    /// Scrolls to a figure and waits until it runs.
    #[track_caller]
    pub fn reach(&mut self, name: &str) {
        self.eval(&format!(r#"figure("{name}").scrollIntoView({{ block: "center" }})"#));
        self.wait(&format!(r#"figure("{name}").classList.contains("runs")"#));
    }

    /// Presses a key as the keyboard does: an arrow, Tab, Enter, Space, or Home.
    #[track_caller]
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Space" => (32, " "),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            _ => panic!("no such key here: {key}"),
        };
        let name = if key == "Space" { " " } else { key };
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({ "type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// What the browser had to complain about since the page is there: errors, warnings, and
    /// whatever was asked of a network.
    pub fn complaints(mut self) -> Vec<String> {
        self.eval("0"); // an answer comes after all events before it
        self.complaints
    }
}

impl Default for Page {
    fn default() -> Self {
        Page::new()
    }
}

fn notice(event: &Value, complaints: &mut Vec<String>, is_loaded: &mut bool) {
    let params = &event["params"];
    let is_bad = |kind: &Value| kind == "error" || kind == "warning" || kind == "assert";
    match event["method"].as_str().unwrap_or_default() {
        "Page.loadEventFired" => *is_loaded = true,
        "Runtime.exceptionThrown" => complaints.push(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" if is_bad(&params["type"]) => {
            complaints.push(params.to_string())
        }
        "Log.entryAdded" if is_bad(&params["entry"]["level"]) => {
            complaints.push(params["entry"].to_string());
        }
        "Network.requestWillBeSent" | "Network.webSocketCreated" => {
            let url = params["request"]["url"].as_str().or(params["url"].as_str());
            let url = url.unwrap_or_default();
            if !["file:", "data:", "blob:"].iter().any(|scheme| url.starts_with(scheme)) {
                complaints.push(format!("asks for {url}"));
            }
        }
        _ => {}
    }
}

//! As much of `WebDriver` as the browser tests need: JSON over HTTP to a chromedriver that each test starts for itself.
//! Shared with `tests/demo`, so it uses nothing of the crate around it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a page is waited for, at most: a busy machine does much first.
const PATIENCE: Duration = Duration::from_mins(1);

/// How an element is found, and what is looked for.
type Place<'a> = (&'a str, &'a str);

/// A browser of one's own; dropping it closes browser and driver.
pub struct Browser {
    http: reqwest::Client,
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// None: it has not come to listen.
fn launch() -> Option<(Child, u16)> {
    let driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut driver =
        driver.expect("the browser tests need chromedriver: install chromium and chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let port = lines.find_map(|line| {
        line.split("successfully on port ")
            .nth(1)?
            .trim_end_matches('.')
            .parse()
            .ok()
    });
    let Some(port) = port else {
        driver.wait().unwrap();
        return None;
    };
    // A driver whose words nobody reads dies of a broken pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

impl Browser {
    /// Fails, and does not skip, where there is no browser: a test that nobody ran proves nothing.
    pub async fn start() -> Self {
        // It is given a free port of IPv6 and wants the same of IPv4, where a neighbour may have it: then it ends.
        let launched = (0..20).find_map(|_| launch());
        let (driver, port) = launched.expect("chromedriver tells its port");
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            // Whatever a page names is nowhere, and nobody is asked for it.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "timeouts": {"implicit": PATIENCE.as_secs() * 1000},
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self {
            http: own_client(),
            driver,
            port,
            session: String::new(),
            _profile: profile,
        };
        let created = answered(browser.http.post(browser.url("")).json(&wanted)).await;
        let session = created["sessionId"].as_str();
        let session = session.map(str::to_owned);
        browser.session =
            session.unwrap_or_else(|| panic!("no browser, is chromium installed? {created}"));
        browser
    }

    pub async fn go(&self, url: &str) {
        self.post("url", json!({"url": url})).await;
    }

    /// The inner size of the page.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.post(
            "goog/cdp/execute",
            json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}),
        )
        .await;
    }

    /// Waits for an element that holds this text, and answers it.
    pub async fn sees(&self, text: &str) -> String {
        self.find("xpath", &holding(text)).await
    }

    pub async fn find(&self, using: &str, value: &str) -> String {
        let found = self
            .post("element", json!({"using": using, "value": value}))
            .await;
        found[ELEMENT]
            .as_str()
            .unwrap_or_else(|| panic!("{value} never came: {found}"))
            .to_owned()
    }

    /// Clicks, once there is something to click on.
    pub async fn presses(&self, css: &str) {
        self.act(("css selector", css), ("click", json!({}))).await;
    }

    /// Clicks on what holds this text.
    pub async fn presses_text(&self, text: &str) {
        self.act(("xpath", &holding(text)), ("click", json!({})))
            .await;
    }

    /// Types into the element, as keys.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.act(("css selector", css), ("value", json!({"text": text})))
            .await;
    }

    /// Finds an element and does something to it. The page may exchange it in between: then to the one in its place.
    async fn act(&self, (using, value): Place<'_>, (what, how): (&str, Value)) {
        let begun = Instant::now();
        loop {
            let element = self.find(using, value).await;
            let path = format!("element/{element}/{what}");
            let done = self.post(&path, how.clone()).await;
            let is_gone = done["error"] == "stale element reference";
            if !is_gone || begun.elapsed() > PATIENCE {
                assert_eq!(done, Value::Null, "{what} at {value}");
                return;
            }
        }
    }

    pub async fn script(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// What the page complained of, for example of its own content security policy.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// Leaves a picture for whoever wants to look.
    pub async fn picture(&self, name: &str) {
        let taken = self.get("screenshot").await;
        let bytes = STANDARD.decode(taken.as_str().unwrap()).unwrap();
        std::fs::write(
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png")),
            bytes,
        )
        .unwrap();
    }

    /// A command of the protocol, by its path below the session.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let url = self.url(&format!("/{path}"));
        answered(self.http.post(url).json(&body)).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let url = self.url(&format!("/{path}"));
        answered(self.http.get(url)).await
    }

    fn url(&self, path: &str) -> String {
        let session = if self.session.is_empty() {
            String::new()
        } else {
            format!("/{}", self.session)
        };
        format!("http://127.0.0.1:{}/session{session}{path}", self.port)
    }
}

impl Drop for Browser {
    /// The browser is the driver's child, not ours: the driver must close it before it is ended itself.
    fn drop(&mut self) {
        if let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = line.write_all(request.as_bytes());
            let _ = line.read(&mut [0; 1024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// An element that holds this text.
fn holding(text: &str) -> String {
    format!("//body//*[text()[contains(., '{text}')]]")
}

/// The driver itself waits for pages, and says so when it gives up.
async fn answered(call: reqwest::RequestBuilder) -> Value {
    let call = call.timeout(2 * PATIENCE);
    let mut answer: Value = call.send().await.unwrap().json().await.unwrap();
    answer["value"].take()
}

#[expect(clippy::disallowed_methods, reason = "a test's own client")]
fn own_client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

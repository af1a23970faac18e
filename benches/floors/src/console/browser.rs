//! A page in a real browser, over `WebDriver`, which writes down when what was said has been painted.

use std::{path::PathBuf, process::Stdio};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::spawn_local,
};

use super::operator::Operator;
use crate::Result;

/// To be closed: the browser is the driver's child, and outlives a driver that is killed.
pub struct Browser {
    client: Client,
    session: String,
    /// Killed when dropped.
    _driver: Child,
    profile: PathBuf,
}

/// A message that has been painted.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Painted {
    pub number: u64,
    /// Milliseconds since 1970.
    pub at: f64,
}

/// What is in the page after a change has been painted once the frame after it has gone out: the callback runs before
/// the frame is made, and the message that it sends comes after.
const WATCH: &str = r"
window.painted = [];
const seen = new Set();
const look = () => {
  const come = [];
  for (const part of document.querySelectorAll(arguments[0])) {
    for (const [, number] of part.textContent.matchAll(/n=(\d{8})/g)) {
      if (seen.has(number)) continue;
      seen.add(number);
      come.push(Number(number));
    }
  }
  if (come.length === 0) return;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const at = performance.timeOrigin + performance.now();
      for (const number of come) window.painted.push({ number, at });
      port1.close();
    };
    port2.postMessage(null);
  });
};
look();
new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
";

impl Browser {
    /// At this page, as this operator. The name is for its files.
    pub async fn open(operator: &Operator, path: &str, name: &str) -> Result<Self> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let port = port(&mut driver).await?;
        let profile = std::env::temp_dir().join(format!("bench-{}-{name}", std::process::id()));
        let mut browser = Self {
            client: Client::builder().no_proxy().build()?,
            session: format!("http://127.0.0.1:{port}/session"),
            _driver: driver,
            profile,
        };
        browser.begin().await?;
        let console = operator.console();
        // A cookie can be set for a site only while it is open.
        browser.go(&format!("{console}/console/sign-in")).await?;
        let cookie =
            json!({"name": "handover", "value": operator.token(), "path": "/", "httpOnly": true});
        browser.post("/cookie", &json!({"cookie": cookie})).await?;
        browser.go(&format!("{console}{path}")).await?;
        Ok(browser)
    }

    async fn begin(&mut self) -> Result<()> {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--window-size=1440,900",
            &format!("--user-data-dir={}", self.profile.display()),
        ];
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let begun = self.post("", &wanted).await?;
        let id = begun["sessionId"]
            .as_str()
            .ok_or("there is no browser: is chromium installed?")?;
        self.session = format!("{}/{id}", self.session);
        Ok(())
    }

    /// From now on it is written down what has been painted in these parts of the page.
    pub async fn watch(&self, parts: &str) -> Result<()> {
        self.script(WATCH, &[parts]).await?;
        Ok(())
    }

    pub async fn painted(&self) -> Result<Vec<Painted>> {
        let painted = self.script("return window.painted", &[]).await?;
        Ok(serde_json::from_value(painted)?)
    }

    pub async fn close(self) -> Result<()> {
        self.command(Method::DELETE, "", &json!({})).await?;
        std::fs::remove_dir_all(&self.profile)?;
        Ok(())
    }

    async fn go(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({"url": url})).await?;
        Ok(())
    }

    async fn script(&self, script: &str, arguments: &[&str]) -> Result<Value> {
        self.post(
            "/execute/sync",
            &json!({"script": script, "args": arguments}),
        )
        .await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.command(Method::POST, path, body).await
    }

    async fn command(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let call = self
            .client
            .request(method, format!("{}{path}", self.session));
        let answer = call.body(body.to_string()).send().await?.text().await?;
        let mut answer: Value = serde_json::from_str(&answer)?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("the browser: {error}: {}", value["message"]).into()),
            None => Ok(value),
        }
    }
}

/// The port that a driver tells, whose words are read from then on, lest it dies of a broken pipe.
async fn port(driver: &mut Child) -> Result<u16> {
    let output = driver.stdout.take().ok_or("a driver has an output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            spawn_local(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(port.trim_end_matches('.').parse()?);
        }
    }
    Err("the driver did not start".into())
}

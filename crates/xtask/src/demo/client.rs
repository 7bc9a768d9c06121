//! The server's HTTP API, as any other program uses it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

/// A client that is signed in with a token.
pub(super) struct Client {
    agent: Agent,
    base: String,
    token: String,
}

impl Client {
    /// Signs in as a person does, then makes a token as a program should.
    pub(super) fn sign_in(base: &str, username: &str, password: &str) -> Result<Self> {
        let agent = agent(Duration::from_mins(1));
        let session = agent
            .post(format!("{base}/api/v1/session"))
            .send_json(json!({ "username": username, "password": password }))
            .context("sign in")?;
        let cookie = session.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        let signed_in = answer(session).context("sign in")?;
        let cookie = cookie.with_context(|| format!("no cookie came with {signed_in}"))?;
        let token = agent
            .post(format!("{base}/api/v1/tokens"))
            .header("cookie", cookie)
            .send_json(json!({ "name": "demo" }))
            .context("make a token")?;
        let token = answer(token).context("make a token")?;
        Ok(Self { agent, base: base.to_owned(), token: text(&token, "/secret")?.to_owned() })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        request.call().map_err(Into::into).and_then(answer).with_context(|| format!("GET {path}"))
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        request.send_json(body).map_err(Into::into).and_then(answer).with_context(|| format!("POST {path}"))
    }

    /// Saves an answer as a file; returns its size.
    pub(super) fn download(&self, path: &str, file: &Path) -> Result<u64> {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        let response = request.call().with_context(|| format!("GET {path}"))?;
        if !response.status().is_success() {
            answer(response).with_context(|| format!("GET {path}"))?;
            bail!("GET {path} gave no file");
        }
        let mut reader = response.into_body().into_reader();
        let mut writer = File::create(file).with_context(|| format!("create {}", file.display()))?;
        io::copy(&mut reader, &mut writer).with_context(|| format!("GET {path}"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

/// Whether the server says that it is ready; if not, what it says.
pub(super) fn ready(base: &str) -> Result<(), String> {
    let request = agent(Duration::from_secs(5)).get(format!("{base}/readyz")).call();
    match request {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(mut response) => Err(response.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => Err(error.to_string()),
    }
}

/// A text of an answer, by JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("the answer has no {pointer}: {value}"))
}

/// The list of an answer.
pub(super) fn items(value: &Value) -> Result<&[Value]> {
    let items = value.pointer("/items").and_then(Value::as_array);
    items.map(Vec::as_slice).with_context(|| format!("the answer has no items: {value}"))
}

fn agent(timeout: Duration) -> Agent {
    Agent::config_builder().timeout_global(Some(timeout)).http_status_as_error(false).build().into()
}

/// The JSON of an answer; a refusal is an error with the problem's own words.
fn answer(mut response: Response<Body>) -> Result<Value> {
    let status = response.status();
    let body = response.body_mut().read_to_string()?;
    if !status.is_success() {
        bail!("the server answered {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("the server answered {body:?}"))
}

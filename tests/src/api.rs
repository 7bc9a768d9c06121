//! The HTTP API, as any program would use it.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// A client with a token.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// `http://host:port`, without a slash at its end.
    pub base: String,
    /// What it shows for itself.
    pub token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> anyhow::Result<Value> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.body);
        }
        Ok(self.body)
    }

    /// The problem document of a refusal.
    pub fn problem(self) -> anyhow::Result<Value> {
        if self.status.is_success() {
            bail!("it was not refused: {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

impl Api {
    /// A client of a server.
    pub fn new(base: &str, token: Option<String>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?;
        Ok(Self { http, base: base.to_owned(), token })
    }

    /// A request to a path under `/api/v1`, or to one that starts with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request with a JSON body, where there is one.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        Ok(Answer { status, body: response.json().await.unwrap_or_default() })
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await?.ok().with_context(|| format!("GET {path}"))
    }

    /// Makes.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body)).await?.ok().with_context(|| format!("POST {path}"))
    }

    /// Changes, as the version that is there now.
    pub async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.with_version(Method::PATCH, path, Some(body)).await
    }

    /// Removes, as the version that is there now.
    pub async fn remove(&self, path: &str) -> anyhow::Result<Value> {
        self.with_version(Method::DELETE, path, None).await
    }

    /// Bytes, with their media type.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let response = self.request(Method::GET, path).send().await?.error_for_status()?;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Ok((kind, response.bytes().await?.to_vec()))
    }

    /// The sum of a metric over the label sets that hold all the given labels, such as `stream="main"`.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> anyhow::Result<f64> {
        let (_, bytes) = self.bytes("/metrics").await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text
            .lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum())
    }

    async fn with_version(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let now = self.get(path).await?;
        let version = now.get("version").with_context(|| format!("no version in {now}"))?;
        let mut request = self.request(method.clone(), path).header("If-Match", format!("\"{version}\""));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let answer = Answer { status, body: response.json().await.unwrap_or_default() };
        answer.ok().with_context(|| format!("{method} {path}"))
    }
}

/// Tries until something is there, and fails with the last reason after the limit.
pub async fn eventually<T, F: Future<Output = anyhow::Result<T>>>(
    limit: Duration,
    mut attempt: impl FnMut() -> F,
) -> anyhow::Result<T> {
    let started = Instant::now();
    loop {
        match attempt().await {
            Ok(found) => return Ok(found),
            Err(error) if started.elapsed() > limit => {
                return Err(error).with_context(|| format!("not within {limit:?}"));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

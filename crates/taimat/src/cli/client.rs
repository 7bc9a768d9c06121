//! A client of the HTTP API.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use domain::Secret;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::config::Config;

/// Which server, and as whom.
#[derive(Args)]
pub(super) struct ServerArguments {
    /// Address of the server; without one, the address in the configuration.
    #[arg(long, global = true, env = "TAIMAT_SERVER", value_name = "URL")]
    server: Option<Url>,

    /// A token made with `taimat user token`.
    #[arg(long, global = true, env = "TAIMAT_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
}

/// A connection to a server.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Secret,
}

impl ServerArguments {
    /// A client for these arguments.
    pub(super) fn client(&self, config: &Config) -> Result<Client> {
        let Some(token) = &self.token else {
            bail!(
                "no token: make one with `taimat user token NAME`, then give it in TAIMAT_TOKEN or with --token"
            );
        };
        let base = match &self.server {
            Some(server) => server.clone(),
            None => format!("http://{}/", config.server.listen).parse()?,
        };
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build()?;
        Ok(Client { http, base, token: Secret::new(token) })
    }
}

impl Client {
    /// Asks for JSON.
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value> {
        json(self.send(self.request(Method::GET, path)?.query(query)).await?).await
    }

    /// Sends JSON, with the version that it changes where there is one.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &str,
        version: Option<i64>,
        body: &impl Serialize,
    ) -> Result<Value> {
        let mut request = self.request(method, path)?.json(body);
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        json(self.send(request).await?).await
    }

    /// The version that a thing has now.
    pub(super) async fn version(&self, path: &str) -> Result<i64> {
        let thing = self.get(path, &[]).await?;
        thing.get("version").and_then(Value::as_i64).context("the server's answer has no version")
    }

    /// Removes a thing as it is now.
    pub(super) async fn remove(&self, path: &str) -> Result<()> {
        let version = self.version(path).await?;
        let request = self.request(Method::DELETE, path)?.header("If-Match", format!("\"{version}\""));
        self.send(request).await.map(|_| ())
    }

    /// Removes a thing that has no version.
    pub(super) async fn forget(&self, path: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, path)?).await.map(|_| ())
    }

    /// Asks for bytes.
    pub(super) async fn download(&self, path: &str, query: &[(&str, String)]) -> Result<Response> {
        self.send(self.request(Method::GET, path)?.query(query)).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let url = self.base.join(&format!("api/v1/{path}")).with_context(|| format!("bad path {path}"))?;
        Ok(self.http.request(method, url).bearer_auth(self.token.reveal()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request
            .send()
            .await
            .with_context(|| format!("no answer from {}: is `taimat serve` running there?", self.base))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem: Value = response.json().await.unwrap_or_default();
        bail!("{}", explain(status, &problem));
    }
}

async fn json(response: Response) -> Result<Value> {
    if response.status() == StatusCode::NO_CONTENT {
        return Ok(Value::Null);
    }
    response.json().await.context("the server's answer is not JSON")
}

/// A problem (RFC 9457) as one line for a person.
fn explain(status: StatusCode, problem: &Value) -> String {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let mut line = text("detail").or_else(|| text("title")).map_or_else(|| status.to_string(), str::to_owned);
    if let Some(field) = text("field") {
        line = format!("{field}: {line}");
    }
    if let Some(remedy) = text("remedy") {
        line = format!("{line}. {remedy}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_field_and_remedy() {
        let problem =
            serde_json::json!({"detail": "no such place", "field": "place_id", "remedy": "list them"});
        assert_eq!(explain(StatusCode::BAD_REQUEST, &problem), "place_id: no such place. list them");
        assert_eq!(explain(StatusCode::BAD_GATEWAY, &Value::Null), "502 Bad Gateway");
    }
}

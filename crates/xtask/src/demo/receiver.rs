//! Where the demo's warnings go: another system with a webhook, and a stub of the Zalo OpenAPI, at one address of this
//! machine. It writes down what it received, and nothing leaves the machine.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::client::Client;
use super::commune::Commune;

/// What a system that warnings are sent to must know.
const SECRET: &str = "only for the demo";
const HOOK: &str = "/hook";
const UPLOAD: &str = "/v2.0/oa/upload/image";
const GROUP: &str = "/v3.0/oa/group/message";
/// Largest request: a picture.
const LARGEST: u64 = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(30);
const QUIET: Duration = Duration::from_secs(10);

/// What was received, by the path that it was sent to.
type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// The receiver. It receives until the demo ends.
pub(super) struct Receiver {
    base: String,
    received: Received,
    pub(super) log: PathBuf,
}

impl Receiver {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen for the demo's warnings")?;
        let base = format!("http://{}", listener.local_addr()?);
        let (received, log) = (Received::default(), folder.join("warnings.log"));
        let (into, file) = (Arc::clone(&received), log.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (into, file) = (Arc::clone(&into), file.clone());
                // One that says nonsense loses its connection.
                thread::spawn(move || receive(&stream, &into, &file).ok());
            }
        });
        Ok(Self { base, received, log })
    }

    /// Has the province tell both of what is flagged, with pictures.
    pub(super) fn add_channels(&self, client: &Client, commune: &Commune) -> Result<()> {
        let (_, province) = commune.places.first().context("no place was created")?;
        let hook = json!({ "type": "webhook", "url": format!("{}{HOOK}", self.base) });
        let zalo = json!({ "type": "zalo", "app_id": "demo", "api_url": self.base, "oauth_url": self.base,
            "recipient": { "type": "group", "group_id": "ket-noi-binh-yen" } });
        let tokens = json!({ "access_token": "demo", "refresh_token": "demo", "secret_key": SECRET });
        for (name, settings, credentials) in [
            ("Trung tâm chỉ huy", hook, json!({ "secret": SECRET })),
            ("Nhóm Zalo kết nối bình yên", zalo, tokens),
        ] {
            let channel = json!({ "name": name, "settings": settings, "allow_pictures": true });
            let body = json!({ "place_id": province, "channel": channel, "credentials": credentials });
            client.post("/channels", &body)?;
        }
        Ok(())
    }

    /// Waits until both were told of an item with its picture, and prints how soon after `since`.
    pub(super) fn report(&self, item: &str, rule: &str, since: Instant) -> Result<()> {
        let hook = self
            .wait(HOOK, |body| body.pointer("/warnings/0/item_id").and_then(Value::as_str) == Some(item))?;
        let took = since.elapsed();
        if hook.pointer("/picture/base64").and_then(Value::as_str).is_none_or(str::is_empty) {
            bail!("the webhook was told without a picture: {hook}");
        }
        // Zalo is told in words.
        let told = self.wait(GROUP, |body| {
            body.pointer("/message/text").and_then(Value::as_str).is_some_and(|text| text.contains(rule))
        })?;
        if told.pointer("/message/attachment").is_none() {
            bail!("the Zalo group was told without a picture: {told}");
        }
        println!(
            "warnings      with the picture, {:.1} s after the press at the webhook, {:.1} s at the Zalo group",
            took.as_secs_f64(),
            since.elapsed().as_secs_f64()
        );
        Ok(())
    }

    fn wait(&self, path: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let found = self.all().into_iter().find(|(at, body)| at == path && is_it(body));
            match found {
                Some((_, body)) => return Ok(body),
                None if started.elapsed() > PATIENCE => {
                    bail!("no warning came to {path} (see {})", self.log.display())
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn all(&self) -> Vec<(String, Value)> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes one request (RFC 9112, with a length), writes it down and answers it.
fn receive(stream: &TcpStream, received: &Received, log: &Path) -> Result<()> {
    stream.set_read_timeout(Some(QUIET))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().context("a length")?;
        }
    }
    if length > LARGEST {
        bail!("a request of {length} bytes");
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let told = serde_json::from_slice(&body).unwrap_or_else(|_| json!({ "bytes": body.len() }));
    // Pictures make a log that nobody can read.
    let mut shown = told.clone();
    if let Some(picture) = shown.pointer_mut("/picture/base64") {
        *picture = json!("…");
    }
    let mut file = OpenOptions::new().create(true).append(true).open(log)?;
    writeln!(file, "{path} {shown}")?;
    received.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), told));
    let answer = match path.as_str() {
        UPLOAD => json!({ "error": 0, "message": "Success", "data": { "attachment_id": "picture" } }),
        GROUP => json!({ "error": 0, "message": "Success", "data": { "message_id": "1" } }),
        _ => json!({}),
    };
    let answer = answer.to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    )?;
    stream.flush().context("answer")
}

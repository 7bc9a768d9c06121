//! What the tests share: a stub server that records and answers by a script, and messages to send.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::{
    ChannelSecrets, ChannelSpec, MessageKind, PlaceId, ReviewItemId, Secret, Sentence, Severity, Timestamp,
    Warning,
};
use notify::{Channel, Message, TokenStore, ZaloTokens};
use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// An answer of the script: status, a header, body.
pub(crate) type Scripted = (u16, Option<(&'static str, &'static str)>, &'static str);

#[derive(Clone, Default)]
struct Shared {
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<VecDeque<Scripted>>>,
}

/// A server that answers what it was told, in turn, and then is silent about everything.
pub(crate) struct Stub {
    pub(crate) base: String,
    shared: Shared,
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    shared.requests.lock().unwrap().push(Request { path: uri.path().to_owned(), headers, body });
    let (status, header, body) =
        shared.script.lock().unwrap().pop_front().unwrap_or((500, None, "the script is over"));
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

impl Stub {
    pub(crate) async fn start(script: &[Scripted]) -> Self {
        let shared = Shared::default();
        shared.script.lock().unwrap().extend(script.iter().copied());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, shared }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

/// Tokens in memory; every save is counted.
pub(crate) struct Tokens {
    pub(crate) held: Mutex<ZaloTokens>,
    pub(crate) saved: Mutex<u32>,
    turn: tokio::sync::Mutex<()>,
}

impl Tokens {
    pub(crate) fn new(access: &str, refresh: &str) -> Arc<Self> {
        let held = ZaloTokens { access: Secret::new(access), refresh: Secret::new(refresh) };
        Arc::new(Self {
            held: Mutex::new(held),
            saved: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }
}

#[async_trait]
impl TokenStore for Tokens {
    async fn load(&self) -> Result<ZaloTokens, String> {
        Ok(self.held.lock().unwrap().clone())
    }

    async fn save(&self, tokens: ZaloTokens) -> Result<(), String> {
        *self.held.lock().unwrap() = tokens;
        *self.saved.lock().unwrap() += 1;
        Ok(())
    }

    fn turn(&self) -> &tokio::sync::Mutex<()> {
        &self.turn
    }
}

/// A channel by its settings in JSON.
pub(crate) fn open_with(settings: &Value, secrets: &[(&str, &str)], tokens: Arc<Tokens>) -> Box<dyn Channel> {
    let spec: ChannelSpec =
        serde_json::from_value(serde_json::json!({ "name": "Kênh", "settings": settings })).unwrap();
    spec.check().unwrap();
    let secrets: ChannelSecrets =
        secrets.iter().map(|(name, secret)| ((*name).to_owned(), Secret::new(*secret))).collect();
    spec.settings.check_secrets(&secrets).unwrap();
    notify::open(&spec, &secrets, notify::client().unwrap(), tokens).unwrap()
}

pub(crate) fn open(settings: &Value, secrets: &[(&str, &str)]) -> Box<dyn Channel> {
    open_with(settings, secrets, Tokens::new("", ""))
}

/// A warning with a rule of this name.
pub(crate) fn message(rule: &str, picture: Option<&'static [u8]>) -> Message {
    let place_id = PlaceId::generate();
    let warning = Warning {
        item_id: ReviewItemId::generate(),
        place_id,
        places: vec!["Xã Bình An".to_owned(), "Tổ 5".to_owned()],
        camera_id: None,
        camera: Some("Cổng chợ".to_owned()),
        rule: rule.to_owned(),
        severity: Severity::Alarm,
        at: "2026-11-24T07:03:10Z".parse().unwrap(),
        why: Sentence { vi: "Một người xuất hiện.".to_owned(), en: "A person appeared.".to_owned() },
    };
    let count = BTreeMap::from([(Severity::Alarm, 1), (Severity::Alert, 0)]);
    Message {
        key: "item/1/new".to_owned(),
        kind: MessageKind::New,
        warnings: vec![warning],
        sent_at: Timestamp::from_micros(1_795_000_000_000_000),
        link: Some("https://taimat.example.vn/?item=1".parse().unwrap()),
        picture: picture.map(Bytes::from_static),
        open: vec![notify::OpenItems { place_id, place: "Tổ 5".to_owned(), count }],
    }
}

/// What a JPEG begins and ends with, and something that no text has.
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff\xe0picture\xff\xd9";

//! Cameras are tried before they are added: by address, by host alone, or by asking the network.

use std::collections::HashMap;
use std::net::Ipv6Addr;

use axum::extract::State;
use domain::{
    Action, Camera, CameraId, Credentials, Discovered, FailureKind, FindReport, ProbeReport, Secret,
    StreamAddress, StreamKind, Transport,
};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::{MANAGE, MANAGE_SOMEWHERE, stored_credentials};
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{Target, guarded};
use crate::camera_address::{self, Addresses};
use crate::extract::{Json, MaybeJson};
use crate::problem::{Answer, Code, Problem};

/// Who wants in, where a password is given without a name: so it is on most brands.
const USUAL_USER: &str = "admin";

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(MANAGE_SOMEWHERE, routes!(try_out)))
        .routes(guarded(MANAGE, routes!(try_again)))
        .routes(guarded(MANAGE_SOMEWHERE, routes!(find)))
        .routes(guarded(MANAGE_SOMEWHERE, routes!(discover)))
}

/// A camera to try.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CameraToTry {
    /// Address of the main stream.
    #[schema(example = "rtsp://192.168.1.20:554/stream1")]
    main_url: String,
    /// Address of the sub stream.
    sub_url: Option<String>,
    /// How RTP travels.
    #[serde(default)]
    transport: Transport,
    /// What the camera asks for.
    credentials: Option<Credentials>,
    /// Whether to answer with a picture of each stream.
    #[serde(default)]
    pictures: bool,
}

/// Try a camera without adding it
#[utoipa::path(post, path = "/cameras/probe", operation_id = "probeAddress", tag = "cameras",
    request_body = CameraToTry, responses((status = 200, body = ProbeReport)))]
async fn try_out(
    State(server): State<Server>,
    caller: Caller,
    Json(camera): Json<CameraToTry>,
) -> Answer<axum::Json<ProbeReport>> {
    let addresses =
        camera_address::parse_all(&camera.main_url, camera.sub_url.as_deref(), camera.credentials)?;
    let detail = serde_json::json!({"main_url": addresses.main, "sub_url": addresses.sub});
    let deed = Deed { action: "camera.probe", target: String::new(), place: None, detail };
    server.audit.look(&caller, deed).await?;
    probe(&server, addresses, camera.transport, camera.pictures).await.map(axum::Json)
}

/// How to try a stored camera.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Trial {
    /// Whether to answer with a picture of each stream.
    #[serde(default)]
    pictures: bool,
}

/// Try a camera as it is stored
#[utoipa::path(post, path = "/cameras/{camera_id}/probe", operation_id = "probeCamera", tag = "cameras",
    params(("camera_id" = CameraId, Path)), request_body = Option<Trial>,
    responses((status = 200, body = ProbeReport)))]
async fn try_again(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    MaybeJson(trial): MaybeJson<Trial>,
) -> Answer<axum::Json<ProbeReport>> {
    if trial.pictures {
        // Who manages cameras sees what they show, and that is accounted for.
        let (target, detail) = (format!("camera/{}", camera.id), serde_json::json!({"pictures": true}));
        let deed = Deed { action: "camera.probe", target, place: Some(camera.place_id), detail };
        server.audit.look(&caller, deed).await?;
    }
    let addresses = Addresses {
        main: camera.main_url.clone(),
        sub: camera.sub_url.clone(),
        credentials: stored_credentials(&server, camera.id).await?,
    };
    probe(&server, addresses, camera.transport, trial.pictures).await.map(axum::Json)
}

/// Tries a camera; a stream that does not work is a problem.
pub(super) async fn probe(
    server: &Server,
    addresses: Addresses,
    transport: Transport,
    pictures: bool,
) -> Answer<ProbeReport> {
    let found = server.cameras.probe(streams(addresses, transport), pictures).await;
    found.map_err(|(stream, failure)| Problem::camera(stream, failure))
}

/// The streams of a camera, each with what it asks for.
pub(super) fn streams(addresses: Addresses, transport: Transport) -> Vec<(StreamKind, StreamAddress)> {
    let Addresses { main, sub, credentials } = addresses;
    let all = [(StreamKind::Main, Some(main)), (StreamKind::Sub, sub)];
    all.into_iter()
        .filter_map(|(kind, url)| {
            Some((kind, StreamAddress { url: url?, credentials: credentials.clone(), transport }))
        })
        .collect()
}

/// A camera of which little is known.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CameraToFind {
    /// Its name or address in the network.
    #[schema(example = "192.168.1.20")]
    host: String,
    /// Its RTSP port; the usual ones if not given.
    port: Option<u16>,
    /// Its user name; `admin` if only a password is given.
    username: Option<String>,
    /// Its password.
    password: Option<Secret>,
}

/// Find the streams of a camera
///
/// Guesses the brand by how the camera greets, tries the paths of that brand and then the usual ones, for half a minute
/// at most. The first refusal of the password ends the search, so that no account gets locked.
#[utoipa::path(post, path = "/cameras/find", operation_id = "findStreams", tag = "cameras",
    request_body = CameraToFind, responses((status = 200, body = FindReport)))]
async fn find(
    State(server): State<Server>,
    caller: Caller,
    Json(camera): Json<CameraToFind>,
) -> Answer<axum::Json<FindReport>> {
    let host = host(&camera.host, camera.port)?;
    let credentials = match (camera.username.filter(|name| !name.is_empty()), camera.password) {
        (None, None) => None,
        (username, password) => Some(Credentials {
            username: username.unwrap_or_else(|| USUAL_USER.to_owned()),
            password: password.unwrap_or_else(|| Secret::new("")),
        }),
    };
    if let Some(credentials) = &credentials {
        camera_address::check_credentials(credentials)?;
    }
    let deed = Deed {
        action: "camera.find",
        target: String::new(),
        place: None,
        detail: serde_json::json!({"host": host}),
    };
    server.audit.look(&caller, deed).await?;
    let found = server.cameras.find(host, credentials).await;
    found.map(axum::Json).map_err(|failure| {
        let field = match failure.kind {
            FailureKind::WrongPassword => "password",
            FailureKind::Refused | FailureKind::NotRtsp => "port",
            _ => "host",
        };
        Problem::search(field, failure)
    })
}

/// The address of a host. No message repeats the text: people paste whole addresses, with passwords in them.
fn host(text: &str, port: Option<u16>) -> Answer<Url> {
    let wrong = || {
        Problem::field(
            "host",
            "host is neither a name nor an address of a machine",
            "Give the host alone, such as 192.168.1.20; port, user name and password have fields of their own.",
        )
    };
    let text = text.trim();
    let host = match text.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => text.to_owned(),
    };
    url::Host::parse(&host).map_err(|_| wrong())?;
    let mut url = Url::parse(&format!("rtsp://{host}/")).map_err(|_| wrong())?;
    if url.path() != "/" || url.port().is_some() || !url.username().is_empty() {
        return Err(wrong());
    }
    if port == Some(0) {
        return Err(Problem::field("port", "port 0 is no port", "Leave the port out for the usual ones."));
    }
    // An address with a host takes any port.
    let _ = url.set_port(port);
    Ok(url)
}

/// The cameras of the network.
#[derive(Serialize, utoipa::ToSchema)]
struct Devices {
    /// By address.
    items: Vec<Device>,
}

/// A camera of the network.
#[derive(Serialize, utoipa::ToSchema)]
struct Device {
    #[serde(flatten)]
    device: Discovered,
    /// The camera that is pulled from there already, where you may see it.
    camera_id: Option<CameraId>,
}

/// Ask the network for cameras
///
/// By WS-Discovery, as ONVIF cameras answer it, for three seconds. Some cameras answer only once ONVIF was switched on.
#[utoipa::path(post, path = "/cameras/discover", operation_id = "discoverCameras", tag = "cameras",
    responses((status = 200, body = Devices)))]
async fn discover(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Devices>> {
    let deed =
        Deed { action: "camera.discover", target: String::new(), place: None, detail: serde_json::json!({}) };
    server.audit.look(&caller, deed).await?;
    let found = server.cameras.discover().await.map_err(|error| {
        tracing::warn!(%error, "the network cannot be asked for cameras");
        Problem::new(Code::Unavailable, format!("the network cannot be asked: {error}"))
            .remedy("Check the network of the server; cameras can be added by their addresses.")
    })?;
    let known: HashMap<String, CameraId> = server
        .index
        .cameras(&[], &caller.visibility(Action::View))
        .await?
        .iter()
        .filter_map(|camera| Some((camera.main_url.host_str()?.to_owned(), camera.id)))
        .collect();
    let items =
        found.into_iter().map(|device| Device { camera_id: known.get(&device.address).copied(), device });
    Ok(axum::Json(Devices { items: items.collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_alone() {
        for (text, port, address) in [
            ("192.168.1.20", None, "rtsp://192.168.1.20/"),
            (" cam.local ", Some(8554), "rtsp://cam.local:8554/"),
            ("fe80::1", None, "rtsp://[fe80::1]/"),
            ("[fe80::1]", Some(554), "rtsp://[fe80::1]:554/"),
        ] {
            assert_eq!(host(text, port).unwrap().as_str(), address);
        }
        for text in ["", "a b", "host:554", "user:hunter2@host", "rtsp://host/", "host/path", "host?x", "a#b"]
        {
            let body = host(text, None).unwrap_err().body();
            assert_eq!(body.field.as_deref(), Some("host"), "{text}");
            assert!(!format!("{body:?}").contains("hunter2"));
        }
        assert!(host("a", Some(0)).is_err());
    }
}

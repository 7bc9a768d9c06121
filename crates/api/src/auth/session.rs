//! Finding out who asks: by the cookie of a session or the token of a machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::Timestamp;
use index::SessionUser;

use super::caller::{Caller, Credential};
use super::token;
use crate::app::Server;
use crate::problem::{Answer, Code, Problem};

/// Name of the cookie.
pub(crate) const COOKIE: &str = "taimat_session";
/// The end of a session is moved only when it moves by this much: a request is not a write.
const EXTEND_BY: Duration = Duration::from_mins(5);

/// The refusal for want of a session or token.
pub(crate) fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "this needs a session or a token")
        .remedy("Sign in with POST /api/v1/session, or send the header Authorization: Bearer with a token.")
}

/// What the request shows: a token before a cookie.
fn shown(headers: &HeaderMap) -> Answer<Option<(Credential, String)>> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let text = authorization.to_str().unwrap_or_default();
        let secret = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, secret)) = secret else {
            return Err(Problem::new(
                Code::NotSignedIn,
                "the Authorization header is not Bearer with a token",
            )
            .at("Authorization")
            .remedy("Send the header Authorization: Bearer with a token from POST /api/v1/tokens."));
        };
        let secret = secret.trim().to_owned();
        return Ok(Some((Credential::Token(token::digest(&secret)), secret)));
    }
    let jar = CookieJar::from_headers(headers);
    Ok(jar
        .get(COOKIE)
        .map(|cookie| (Credential::Session(token::digest(cookie.value())), cookie.value().to_owned())))
}

/// Who asks; `None` for nobody. A session or token that ended is refused rather than ignored.
pub(crate) async fn caller(
    server: &Server,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Answer<Option<Caller>> {
    let Some((credential, secret)) = shown(headers)? else { return Ok(None) };
    let known = known(server, credential).await?.ok_or_else(|| {
        Problem::new(Code::NotSignedIn, "the session or token has ended or was never known")
            .remedy("Sign in again.")
    })?;
    if let (Credential::Session(digest), Some(ends)) = (credential, known.expires_at) {
        let wanted = session_end(server, &secret);
        if wanted > ends && wanted.since(ends) >= EXTEND_BY {
            server.index.extend_session(&digest, wanted).await?;
        }
    }
    Ok(Some(Caller { user: known.user, credential, address: address(server, headers, extensions) }))
}

/// Who is behind the credential now.
pub(crate) async fn known(server: &Server, credential: Credential) -> Answer<Option<SessionUser>> {
    let now = server.clock.now();
    Ok(match credential {
        Credential::Session(digest) => server.index.session(&digest, now).await?,
        Credential::Token(digest) => server.index.token(&digest, now).await?,
    })
}

/// When a session that is used now ends: after a while without use, and in any case some time after it began.
pub(crate) fn session_end(server: &Server, secret: &str) -> Timestamp {
    let now = server.clock.now();
    let idle = now + server.config.session_idle;
    let longest = token::made_at(secret).unwrap_or(now) + server.config.session_longest;
    idle.min(longest)
}

/// The cookie that carries the secret, `HttpOnly` and `SameSite=Lax`. Changes are guarded against other sites
/// besides (see [`crate::app`]); `Lax` lets a link to a picture open from a message.
pub(crate) fn cookie(server: &Server, secret: String) -> HeaderValue {
    let lifetime = i64::try_from(server.config.session_longest.as_secs()).unwrap_or(i64::MAX);
    set_cookie(server, secret, lifetime)
}

/// The cookie that takes the other away.
pub(crate) fn no_cookie(server: &Server) -> HeaderValue {
    set_cookie(server, String::new(), 0)
}

fn set_cookie(server: &Server, value: String, seconds: i64) -> HeaderValue {
    let mut cookie = Cookie::new(COOKIE, value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(server.config.secure_cookies);
    cookie.set_path("/");
    let text = format!("{cookie}; Max-Age={seconds}");
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Where the request comes from: the peer, or whom a trusted proxy names as its client.
pub(crate) fn address(server: &Server, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = named
        .flat_map(|value| value.split(','))
        .map_while(|hop| hop.trim().parse::<IpAddr>().ok())
        .map(|hop| hop.to_canonical())
        .collect();
    // Each proxy appends whom it heard from: go back from the end, as long as the speaker is trusted.
    for hop in hops.into_iter().rev() {
        if !server.config.trusted_proxies.contains(&address) {
            break;
        }
        address = hop;
    }
    address
}

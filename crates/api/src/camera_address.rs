//! Addresses of cameras as people type them: checked, and with the password taken out.

use domain::{Credentials, Secret};
use url::Url;

use crate::problem::{Answer, Problem};

/// The longest address.
const LONGEST: usize = 2048;
/// What helps with most mistakes.
const EXAMPLE: &str = "Write it like rtsp://192.168.1.20:554/stream1.";

/// Reads the address of a stream. What stands before `@` becomes credentials: an address is shown and logged, a
/// password never is. `field` names where it stands in the request. No message repeats the text, which may hold one.
pub(crate) fn parse(field: &str, text: &str) -> Answer<(Url, Option<Credentials>)> {
    let wrong = |detail: &str, remedy: &str| Problem::field(field, format!("{field}: {detail}"), remedy);
    if text.len() > LONGEST {
        return Err(wrong("it is longer than 2048 bytes", EXAMPLE));
    }
    let mut url =
        Url::parse(text.trim()).map_err(|error| wrong(&format!("it is no address: {error}"), EXAMPLE))?;
    match url.scheme() {
        "rtsp" => {}
        "rtsps" => {
            return Err(wrong(
                "RTSP over TLS is not spoken here",
                "Use rtsp:// and keep the camera in a network of its own.",
            ));
        }
        "http" | "https" => {
            return Err(wrong(
                "that is a web page, not a video stream",
                "Look in the camera's manual for its RTSP address; often rtsp:// with the same host works.",
            ));
        }
        _ => return Err(wrong("it does not begin with rtsp://", EXAMPLE)),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it names no host", EXAMPLE));
    }
    if url.port() == Some(0) {
        return Err(wrong("port 0 is no port", "Leave the port out for 554."));
    }
    let credentials = match (decoded(url.username()), url.password().map(decoded)) {
        (user, password) if user.is_empty() && password.is_none() => None,
        (username, password) => {
            Some(Credentials { username, password: Secret::new(password.unwrap_or_default()) })
        }
    };
    // Both succeed for an address with a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if holds_password(&url) {
        return Err(wrong(
            "it holds a password in its path or query, which would be shown to everyone who sees the camera",
            "Take it out, and give user name and password as credentials; most cameras ask for them then.",
        ));
    }
    Ok((url, credentials))
}

/// Addresses and credentials of a camera, put together.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The main stream.
    pub(crate) main: Url,
    /// The sub stream.
    pub(crate) sub: Option<Url>,
    /// What the camera asks for.
    pub(crate) credentials: Option<Credentials>,
}

/// Reads both addresses and settles on one pair of credentials.
pub(crate) fn parse_all(main: &str, sub: Option<&str>, given: Option<Credentials>) -> Answer<Addresses> {
    let (main, of_main) = parse("main_url", main)?;
    let (sub, of_sub) = match sub.map(|text| parse("sub_url", text)).transpose()? {
        Some((url, credentials)) => (Some(url), credentials),
        None => (None, None),
    };
    let credentials = settle(settle(given, of_main, "main_url")?, of_sub, "sub_url")?;
    if let Some(credentials) = &credentials {
        check_credentials(credentials)?;
    }
    Ok(Addresses { main, sub, credentials })
}

/// Refuses credentials that no camera can have.
pub(crate) fn check_credentials(credentials: &Credentials) -> Answer<()> {
    let bad = |text: &str| text.len() > 256 || text.chars().any(char::is_control);
    for (field, text) in [
        ("credentials.username", credentials.username.as_str()),
        ("credentials.password", credentials.password.reveal()),
    ] {
        if bad(text) {
            return Err(Problem::field(
                field,
                format!("{field} is longer than 256 bytes or holds control characters"),
                "Correct the field and try again.",
            ));
        }
    }
    if credentials.username.is_empty() || credentials.username.contains(':') {
        return Err(Problem::field(
            "credentials.username",
            "a user name is not empty and holds no colon",
            "Give the user name that the camera knows; often admin.",
        ));
    }
    Ok(())
}

fn settle(
    first: Option<Credentials>,
    second: Option<Credentials>,
    field: &str,
) -> Answer<Option<Credentials>> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Err(Problem::field(
            field,
            format!("{field} carries a user name and password other than those given already"),
            "Give the user name and password once, as credentials.",
        )),
        (first, second) => Ok(first.or(second)),
    }
}

/// Many cheap recorders document addresses such as `/user=admin&password=x&channel=1`.
fn holds_password(url: &Url) -> bool {
    let text = decoded(&format!("{}?{}", url.path(), url.query().unwrap_or_default())).to_ascii_lowercase();
    ["password=", "passwd=", "pass=", "pwd=", "psw="].iter().any(|key| {
        text.split(key).skip(1).any(|after| !after.is_empty() && !after.starts_with(['&', '_', '?', '/']))
    })
}

/// Percent-decodes; what is no UTF-8 then stays as it was.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, hex(after.first()), hex(after.get(1))) {
            bytes.push((high * 16 + low) as u8);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_address_moves_out_of_it() {
        let (url, credentials) = parse("main_url", " rtsp://admin:p%40ss@10.0.0.9:554/ch1?x=1#y ").unwrap();
        assert_eq!(url.as_str(), "rtsp://10.0.0.9:554/ch1?x=1");
        let credentials = credentials.unwrap();
        assert_eq!((credentials.username.as_str(), credentials.password.reveal()), ("admin", "p@ss"));
    }

    #[test]
    fn what_is_no_camera_is_refused_without_repeating_it() {
        for text in [
            "",
            "10.0.0.9",
            "rtsp:",
            "rtsp:///path",
            "rtsp://",
            "rtsp://host:0/",
            "rtsp://host:99999/hunter2",
            "rtsps://admin:hunter2@host/",
            "http://admin:hunter2@host/",
            "file:///etc/passwd",
            "rtsp://host/user=admin&password=hunter2&channel=1",
            "rtsp://host/user=admin_password=hunter2_channel=1",
            "rtsp://host/live?PWD=hunter2",
        ] {
            let body = parse("main_url", text).unwrap_err().body();
            assert_eq!(body.field.as_deref(), Some("main_url"), "{text}");
            assert!(!format!("{body:?}").contains("hunter2"), "{body:?}");
            assert!(body.remedy.is_some());
        }
        assert!(parse("main_url", "rtsp://host/user=admin&password=&channel=1").is_ok());
    }

    #[test]
    fn credentials_may_be_given_once_or_twice_the_same() {
        let given =
            |password| Some(Credentials { username: "admin".to_owned(), password: Secret::new(password) });
        let with = "rtsp://admin:a@host/1";
        let all = parse_all(with, Some("rtsp://host/2"), None).unwrap();
        assert_eq!(all.credentials, given("a"));
        assert!(parse_all(with, Some("rtsp://admin:a@host/2"), given("a")).is_ok());
        assert!(parse_all(with, Some("rtsp://admin:b@host/2"), None).is_err());
        assert!(parse_all(with, None, given("b")).is_err());
    }

    #[test]
    fn any_text_is_parsed_or_refused() {
        bolero::check!().with_type::<String>().for_each(|text| {
            for text in [text.clone(), format!("rtsp://{text}"), format!("rtsp://u:{text}@host/")] {
                if let Ok((url, _)) = parse("main_url", &text) {
                    assert!(url.username().is_empty() && url.password().is_none() && url.has_host());
                }
            }
        });
    }
}

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::DeliveryTrouble;
use notify::{Channel, SendError, Sent};
use serde_json::{Value, json};

use crate::support::{Stub, message, open};

/// Keys of the examples of RFC 8291 §5.
const BROWSER: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const SERVER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";

fn channel(stub: &Stub) -> Box<dyn Channel> {
    let settings = json!({ "type": "web_push", "endpoint": format!("{}push/1", stub.base), "p256dh": BROWSER,
        "subject": "mailto:truc.ban@example.vn" });
    open(&settings, &[("auth", AUTH), ("vapid_key", SERVER)])
}

#[tokio::test]
async fn the_push_service_is_shown_who_sends_and_nothing_else() {
    let stub = Stub::start(&[(201, None, "")]).await;
    assert_eq!(channel(&stub).send(&message("Đêm", None)).await, Ok(Sent { with_picture: false }));
    let request = &stub.requests()[0];
    assert_eq!((request.path.as_str(), request.header("content-encoding")), ("/push/1", "aes128gcm"));
    assert_eq!((request.header("urgency"), request.header("topic").len()), ("high", 32));
    assert!(request.body.len() < 4096 && !request.text().contains("Một người"), "it is encrypted");
    let shown = request.header("authorization").strip_prefix("vapid t=").unwrap();
    let (token, key) = shown.split_once(", k=").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key));
    key.verify(signed.as_bytes(), &decode(signature)).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!(claims["aud"], stub.base.trim_end_matches('/'));
    assert_eq!(
        (&claims["exp"], &claims["sub"]),
        (&json!(1_795_043_200), &json!("mailto:truc.ban@example.vn"))
    );
}

#[tokio::test]
async fn a_browser_that_has_unsubscribed_is_given_up() {
    let stub = Stub::start(&[(410, None, ""), (403, None, ""), (503, None, "")]).await;
    let browser = channel(&stub);
    let message = message("Đêm", None);
    assert!(matches!(
        browser.send(&message).await,
        Err(SendError::Refused { trouble: DeliveryTrouble::Address, .. })
    ));
    assert!(matches!(browser.send(&message).await, Err(SendError::Unauthorised { .. })));
    assert!(matches!(
        browser.send(&message).await,
        Err(SendError::Retry { trouble: DeliveryTrouble::Faulty, .. })
    ));
}
